import type { PaymentRefunded } from '@payguard/shared/events/payment-refunded';
import { pointsToTake } from '@payguard/shared/rules/refund-points';
import type { Decision, DecisionContext, MismatchFacts } from './decide.ts';
import type { LedgerEntry, OrderState, RefundState } from './order-state.ts';

/** Statuses only move forward, whatever order they are told in. ABNORMAL may still succeed (page 4013071193). */
const RANK = { requested: 0, PROCESSING: 1, ABNORMAL: 2, CLOSED: 3, SUCCESS: 4 } as const;

/** A refund of a credited order: recorded, and when it succeeded its share of the points is taken back. */
export function decideRefunded(order: OrderState, refund: PaymentRefunded, context: DecisionContext): Decision {
  // A legacy order may be credited without its transaction being known: its confirmation tells.
  if (order.creditedAt === null || order.transactionId === null) {
    return { outcome: 'parked', reason: 'refund_before_credit' };
  }
  if (differs(order, refund)) return { outcome: 'mismatch', mismatch: refundMismatch(refund) };
  const known = order.refunds.get(refund.out_refund_no);
  if (known !== undefined && RANK[known.status] >= RANK[refund.status]) return { outcome: 'unchanged' };
  const recorded = withRefund(order, refund);
  if (refund.status !== 'SUCCESS') {
    const mismatch = refund.status === 'ABNORMAL' ? refundMismatch(refund) : undefined;
    return { outcome: 'refunded', order: recorded, ledger: undefined, mismatch };
  }
  return takePoints(recorded, refund, context);
}

/** Another payment, another total, a refund that changed its amount, or more refunded than was paid. */
function differs(order: OrderState, refund: PaymentRefunded): boolean {
  if (order.transactionId !== refund.transaction_id || order.amountTotal !== refund.amount_total) return true;
  const known = order.refunds.get(refund.out_refund_no);
  if (known !== undefined && known.amount !== refund.amount_refund) return true;
  const before = known?.status === 'SUCCESS' ? known.amount : 0;
  return order.refundedTotal - before + refund.amount_refund > refund.amount_total;
}

function withRefund(order: OrderState, refund: PaymentRefunded): OrderState {
  const state: RefundState = {
    outRefundNo: refund.out_refund_no,
    refundId: refund.refund_id,
    amount: refund.amount_refund,
    status: refund.status,
    successTime: refund.success_time === null ? null : Date.parse(refund.success_time),
  };
  return { ...order, refunds: new Map(order.refunds).set(refund.out_refund_no, state) };
}

function takePoints(order: OrderState, refund: PaymentRefunded, context: DecisionContext): Decision {
  const refundedTotal = order.refundedTotal + refund.amount_refund;
  const fully = refundedTotal === refund.amount_total;
  const after: OrderState = {
    ...order,
    refundedTotal,
    paymentStatus: fully ? 'refunded' : 'paid',
    tradeState: 'REFUND',
  };
  const points = pointsToTake({
    points: order.points,
    refundedTotal,
    amountTotal: refund.amount_total,
    alreadyTaken: order.pointsTaken,
  });
  if (points > 0 && points > context.balance && !context.allowNegativeBalance) {
    return { outcome: 'refunded', order: after, ledger: undefined, mismatch: refundMismatch(refund) };
  }
  const ledger: LedgerEntry = {
    type: 'refund',
    amount: -points,
    key: `refund:${refund.mchid}:${refund.out_refund_no}`,
  };
  return {
    outcome: 'refunded',
    order: { ...after, pointsTaken: order.pointsTaken + points },
    ledger: points === 0 ? undefined : ledger,
    mismatch: undefined,
  };
}

function refundMismatch(refund: PaymentRefunded): MismatchFacts {
  return {
    kind: 'refund_mismatch',
    state: 'open',
    wechatStatus: refund.status,
    transactionId: refund.transaction_id,
    refundId: refund.refund_id,
    wechatAmount: refund.amount_refund,
  };
}
