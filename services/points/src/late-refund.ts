import type { PaymentConfirmed } from '@payguard/shared/events/payment-confirmed';
import { lateRefundNumber } from '@payguard/shared/rules/late-refund-number';
import type { OrderState, RefundState } from './order-state.ts';

/** Shown to the payer: at most 80 bytes in UTF-8 (page 4013071036), these are 36. */
export const LATE_REFUND_REASON = '订单已关闭，款项原路退回';

/**
 * True for an order whose payment was not credited and goes, or has gone, back to the payer. Once it is asked for it stands:
 * the request may be at WeChat Pay already, and to credit then would give points for money that is not there.
 */
export function isSentBack(order: OrderState): boolean {
  if (order.creditedAt !== null || order.transactionId === null) return false;
  return order.refunds.has(lateRefundNumber(order.transactionId));
}

/** The order with its payment noted and the whole of it requested back; the reconciler sends the request. */
export function withLateRefund(order: OrderState, payment: PaymentConfirmed): OrderState {
  const refund: RefundState = {
    outRefundNo: lateRefundNumber(payment.transaction_id),
    refundId: null,
    amount: payment.amount_total,
    status: 'requested',
    successTime: null,
    reason: LATE_REFUND_REASON,
  };
  return {
    ...order,
    transactionId: payment.transaction_id,
    paidAt: Date.parse(payment.success_time),
    tradeState: 'SUCCESS',
    creditHold: null,
    refunds: new Map(order.refunds).set(refund.outRefundNo, refund),
  };
}
