import { toBeijingTime } from '../beijing-time.ts';
import { payerTotalOf } from '../orders/order.ts';
import { COUPON_ID } from '../orders/transaction.ts';
import type { FinalRefundStatus, Refund, RefundStatus } from './refund.ts';

const RECEIVED_ACCOUNT = '支付用户零钱';

/** A refund as the API answers it (pages 4012791862, 4012791863). `success_time` only once it is SUCCESS. */
export function describeRefund(refund: Refund) {
  const { order, terms, discountRefund } = refund;
  const paid = amountsOf(refund);
  return {
    refund_id: refund.refundId,
    out_refund_no: terms.outRefundNo,
    transaction_id: order.payment?.transactionId ?? '',
    out_trade_no: order.terms.outTradeNo,
    channel: 'ORIGINAL',
    user_received_account: RECEIVED_ACCOUNT,
    ...successTime(refund.status, refund.settledAtMs),
    create_time: toBeijingTime(refund.createdAtMs),
    status: refund.status,
    funds_account: 'UNSETTLED',
    amount: {
      ...paid,
      // Of a coupon without prepayment nothing was settled, so that these are what the payer paid and gets.
      settlement_total: paid.payer_total,
      settlement_refund: paid.payer_refund,
      discount_refund: discountRefund,
      currency: 'CNY',
    },
    promotion_detail: promotionDetail(order.payment?.coupon, discountRefund),
  };
}

/** The same refund as a notification tells it: `refund_status` instead of `status`, no currency (page 4012791865). */
export function describeRefundNotice(refund: Refund, status: FinalRefundStatus) {
  const { order, terms } = refund;
  return {
    mchid: order.terms.mchid,
    out_trade_no: order.terms.outTradeNo,
    transaction_id: order.payment?.transactionId ?? '',
    out_refund_no: terms.outRefundNo,
    refund_id: refund.refundId,
    refund_status: status,
    ...successTime(status, refund.settledAtMs),
    user_received_account: RECEIVED_ACCOUNT,
    amount: amountsOf(refund),
  };
}

function amountsOf({ order, terms, discountRefund }: Refund) {
  return {
    total: terms.total,
    refund: terms.refund,
    payer_total: order.payment === undefined ? terms.total : payerTotalOf(terms.total, order.payment),
    payer_refund: terms.refund - discountRefund,
  };
}

/** The names differ from those of a transaction's: promotion_id is its coupon_id, DISCOUNT its NOCASH. */
function promotionDetail(coupon: number | undefined, discountRefund: number) {
  if (coupon === undefined) return [];
  return [
    { promotion_id: COUPON_ID, scope: 'GLOBAL', type: 'DISCOUNT', amount: coupon, refund_amount: discountRefund },
  ];
}

function successTime(status: RefundStatus, settledAtMs: number | undefined): { success_time?: string } {
  return status === 'SUCCESS' && settledAtMs !== undefined ? { success_time: toBeijingTime(settledAtMs) } : {};
}
