import { toBeijingTime } from '../beijing-time.ts';
import type { FinalRefundStatus, Refund, RefundStatus } from './refund.ts';

const RECEIVED_ACCOUNT = '支付用户零钱';

/** A refund as the API answers it (pages 4012791862, 4012791863). `success_time` only once it is SUCCESS. */
export function describeRefund(refund: Refund) {
  const { order, terms } = refund;
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
      total: terms.total,
      refund: terms.refund,
      payer_total: terms.total,
      payer_refund: terms.refund,
      settlement_total: terms.total,
      settlement_refund: terms.refund,
      discount_refund: 0,
      currency: 'CNY',
    },
    promotion_detail: [],
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
    amount: { total: terms.total, refund: terms.refund, payer_total: terms.total, payer_refund: terms.refund },
  };
}

function successTime(status: RefundStatus, settledAtMs: number | undefined): { success_time?: string } {
  return status === 'SUCCESS' && settledAtMs !== undefined ? { success_time: toBeijingTime(settledAtMs) } : {};
}
