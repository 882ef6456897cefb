import type { PaymentRefunded } from '@payguard/shared/events/payment-refunded';
import { pointsToTake } from '@payguard/shared/rules/refund-points';
import type { Decision, DecisionContext, MismatchFacts } from './decide.ts';
import { isSentBack } from './late-refund.ts';
import type { LedgerEntry, OrderState, RefundState } from './order-state.ts';

/** Statuses only move forward, whatever order they are told in. ABNORMAL may still succeed (page 4013071193). */
const RANK = { requested: 0, PROCESSING: 1, ABNORMAL: 2, CLOSED: 3, SUCCESS: 4 } as const;

/**
 * A refund is recorded, and when it succeeded its share of the points is taken back. Only an order that is credited, or
 * whose payment points sends back itself, can have one: any other's waits, since it may tell of a payment yet to be seen.
 */
export function decideRefunded(order: OrderState, refund: PaymentRefunded, context: DecisionContext): Decision {
  const sentBack = isSentBack(order);
  // A legacy order may be credited without its transaction being known: its confirmation tells.
  if ((order.creditedAt === null && !sentBack) || order.transactionId === null) {
    return { outcome: 'parked', reason: 'refund_before_credit' };
  }
  if (differs(order, refund)) return { outcome: 'mismatch', mismatch: refundMismatch(refund) };
  const known = order.refunds.get(refund.out_refund_no);
  if (known !== undefined && RANK[known.status] >= RANK[refund.status]) return { outcome: 'unchanged' };
  const recorded = withRefund(order, refund);
  if (refund.status !== 'SUCCESS') {
    // After CLOSED the merchant keeps the money. Where the points are kept too nothing is wrong; where none were given, it is.
    const failed = refund.status === 'ABNORMAL' || (refund.status === 'CLOSED' && sentBack);
    return {
      outcome: 'refunded',
      order: recorded,
      ledger: undefined,
      mismatch: failed ? refundMismatch(refund) : undefined,
    };
  }
  const refunded = withSuccess(recorded, refund);
  if (sentBack) return { outcome: 'refunded', order: refunded, ledger: undefined, mismatch: undefined };
  return takePoints(refunded, refund, context);
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
    reason: order.refunds.get(refund.out_refund_no)?.reason ?? null,
  };
  return { ...order, refunds: new Map(order.refunds).set(refund.out_refund_no, state) };
}

function withSuccess(order: OrderState, refund: PaymentRefunded): OrderState {
  const refundedTotal = order.refundedTotal + refund.amount_refund;
  const refunded: OrderState = { ...order, refundedTotal, tradeState: 'REFUND' };
  if (refundedTotal === refund.amount_total) {
    return { ...refunded, paymentStatus: 'refunded', refunds: withoutRequests(order.refunds) };
  }
  return { ...refunded, paymentStatus: order.creditedAt === null ? order.paymentStatus : 'paid' };
}

/**
 * Nothing is left to refund, so WeChat Pay took none of the requests and never will: somebody refunded by hand before one
 * of ours was sent.
 */
function withoutRequests(refunds: OrderState['refunds']): OrderState['refunds'] {
  const ended = [...refunds.values()].map((refund): RefundState => {
    return refund.status === 'requested' ? { ...refund, status: 'CLOSED' } : refund;
  });
  return new Map(ended.map((refund) => [refund.outRefundNo, refund]));
}

function takePoints(order: OrderState, refund: PaymentRefunded, context: DecisionContext): Decision {
  const points = pointsToTake({
    points: order.points,
    refundedTotal: order.refundedTotal,
    amountTotal: refund.amount_total,
    alreadyTaken: order.pointsTaken,
  });
  if (points > 0 && points > context.balance && !context.allowNegativeBalance) {
    return { outcome: 'refunded', order, ledger: undefined, mismatch: refundMismatch(refund) };
  }
  const ledger: LedgerEntry = {
    type: 'refund',
    amount: -points,
    key: `refund:${refund.mchid}:${refund.out_refund_no}`,
  };
  return {
    outcome: 'refunded',
    order: { ...order, pointsTaken: order.pointsTaken + points },
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
