import type { PaymentConfirmed } from '@payguard/shared/events/payment-confirmed';
import type { PaymentDecision } from '@payguard/shared/events/payment-decision';
import type { MismatchKind } from '@payguard/shared/events/payment-mismatch';
import { closeOrder, decideClosed } from './decide-closed.ts';
import { decideRefunded } from './decide-refunded.ts';
import { isSentBack, withLateRefund } from './late-refund.ts';
import type { OrderEvent } from './order-event.ts';
import type { LedgerEntry, OrderState } from './order-state.ts';
import type { MerchantPolicy } from './settings.ts';

/** Why an event waits in parked_events. */
export type ParkReason =
  | 'no_such_order'
  | 'refund_before_credit'
  /** A payment that waits for a person: the order was closed, or is on hold. */
  | 'late_payment_review'
  | 'credit_hold'
  /** A payment whose person has spoken: not to be credited. Kept, since another may decide otherwise. */
  | 'dismissed'
  /** A person's verdict on an order that is not credited. */
  | 'verdict'
  /** The database refuses it: a person must look (log, gauge payguard_parked_events). */
  | 'cannot_apply';

/** A difference that a person, or at least the log of differences, must see. */
export type MismatchFacts = {
  kind: MismatchKind;
  state: 'open' | 'auto_repaired';
  wechatStatus: string;
  transactionId: string | null;
  refundId: string | null;
  wechatAmount: number | null;
};

/** What an event does to an order. `order` is the order afterwards; without it nothing changes. */
export type Decision =
  | { outcome: 'credited'; order: OrderState; ledger: LedgerEntry; mismatch: MismatchFacts | undefined }
  | { outcome: 'already_credited'; order: OrderState | undefined }
  /** The payment goes back to the payer instead: the order has a refund for the reconciler to send. */
  | { outcome: 'refund_requested'; order: OrderState; mismatch: MismatchFacts }
  /** A further sight of a payment that goes back. */
  | { outcome: 'already_refunded'; order: OrderState | undefined }
  | { outcome: 'refunded'; order: OrderState; ledger: LedgerEntry | undefined; mismatch: MismatchFacts | undefined }
  | { outcome: 'closed'; order: OrderState }
  | { outcome: 'unchanged' }
  | { outcome: 'mismatch'; mismatch: MismatchFacts }
  | { outcome: 'parked'; reason: ParkReason }
  /** Waits for a person; the mismatch tells them. */
  | { outcome: 'held'; reason: ParkReason; mismatch: MismatchFacts };

/** Everything besides order and event that a decision may depend on. Pure data: the same in, the same out. */
export type DecisionContext = {
  /** ms UTC */
  now: number;
  latePayment: MerchantPolicy['latePayment'];
  allowNegativeBalance: boolean;
  /** The user's points at this moment. */
  balance: number;
  /** The verdict that counts so far, by transaction. */
  verdicts: ReadonlyMap<string, PaymentDecision>;
};

/** A repair that took less than this is not news: a late callback is no mismatch. */
const REPAIR_IS_NEWS_AFTER_MS = 60_000;

/**
 * The heart of payguard: what an event does to an order. Whatever the order of events and however often each comes, the
 * order ends the same (invariant 9).
 */
export function decide(order: OrderState, event: OrderEvent, context: DecisionContext): Decision {
  switch (event.kind) {
    case 'confirmed':
      return decideConfirmed(order, event.data, context);
    case 'refunded':
      return decideRefunded(order, event.data, context);
    case 'closed':
      return decideClosed(order, event.data);
    case 'decision':
      // A verdict stands as long as it may matter; it never overrides appid, mchid, currency or amount.
      return isSettled(order) ? { outcome: 'unchanged' } : { outcome: 'parked', reason: 'verdict' };
  }
}

/** The payment has been credited or sent back, and neither is ever taken back for the other. */
function isSettled(order: OrderState): boolean {
  return order.creditedAt !== null || isSentBack(order);
}

function decideConfirmed(order: OrderState, payment: PaymentConfirmed, context: DecisionContext): Decision {
  const differs = differenceOf(order, payment);
  if (differs !== undefined) return { outcome: 'mismatch', mismatch: paymentMismatch(differs, payment) };
  if (isSettled(order)) return decideAgain(order, payment);
  const hold = holdOf(order, context);
  if (hold !== undefined) return decideHeld(order, payment, hold, context);
  const isLate = order.closedAt !== null;
  if (isLate && context.latePayment === 'refund') return sendBack(order, payment, 'paid_after_close');
  return credit(order, payment, context);
}

type Hold = { reason: ParkReason; kind: MismatchKind };

/** Why a payment may not be credited without a person. */
function holdOf(order: OrderState, context: DecisionContext): Hold | undefined {
  if (order.creditHold !== null) return { reason: 'credit_hold', kind: 'ledger_mismatch' };
  if (order.closedAt === null || context.latePayment !== 'review') return undefined;
  return { reason: 'late_payment_review', kind: 'paid_after_close' };
}

function decideHeld(order: OrderState, payment: PaymentConfirmed, hold: Hold, context: DecisionContext): Decision {
  const decision = context.verdicts.get(payment.transaction_id);
  switch (decision?.verdict) {
    case 'credit':
      return credit(order, payment, context);
    case 'dismiss':
      return { outcome: 'parked', reason: 'dismissed' };
    case 'refund':
      return sendBack(closedByVerdict(order, decision), payment, hold.kind);
    case undefined:
      return { outcome: 'held', reason: hold.reason, mismatch: paymentMismatch(hold.kind, payment) };
  }
}

/** Invariant 3: appid, currency and amount are the order's own, or nothing is credited. mchid is how it was found. */
function differenceOf(order: OrderState, payment: PaymentConfirmed): MismatchKind | undefined {
  if (order.mchid !== payment.mchid || order.appid !== payment.appid) return 'identity_mismatch';
  if (order.currency !== payment.currency || order.amountTotal !== payment.amount_total) return 'amount_mismatch';
  return undefined;
}

/** An order on hold may still be open: who sends its payment back has ended it, at the moment of the verdict. */
function closedByVerdict(order: OrderState, { decided_at }: PaymentDecision): OrderState {
  return closeOrder(order, { at: Date.parse(decided_at), status: 'cancelled', tradeState: order.tradeState });
}

/**
 * The whole payment goes back. Told as repaired, which also closes what was told when it was held: nothing is left for a
 * person to do, and should the refund fail, that is a refund_mismatch of its own.
 */
function sendBack(order: OrderState, payment: PaymentConfirmed, kind: MismatchKind): Decision {
  const notifiedAt = earliest(order.notifiedAt, callbackTime(payment));
  return {
    outcome: 'refund_requested',
    order: { ...withLateRefund(order, payment), notifiedAt },
    mismatch: { ...paymentMismatch(kind, payment), state: 'auto_repaired' },
  };
}

/** A second witness, or the same one again: worth a note of the callback's time, never a second credit or refund. */
function decideAgain(order: OrderState, payment: PaymentConfirmed): Decision {
  if (order.transactionId !== null && order.transactionId !== payment.transaction_id) {
    return { outcome: 'mismatch', mismatch: paymentMismatch('duplicate_payment', payment) };
  }
  const outcome = order.creditedAt === null ? 'already_refunded' : 'already_credited';
  const notifiedAt = earliest(order.notifiedAt, callbackTime(payment));
  if (notifiedAt === order.notifiedAt && order.transactionId !== null) return { outcome, order: undefined };
  return { outcome, order: { ...order, notifiedAt, transactionId: payment.transaction_id } };
}

function credit(order: OrderState, payment: PaymentConfirmed, context: DecisionContext): Decision {
  const paidAt = Date.parse(payment.success_time);
  const repaired = payment.witness !== 'callback' && context.now - paidAt > REPAIR_IS_NEWS_AFTER_MS;
  const late = order.closedAt !== null;
  const kind = late ? 'paid_after_close' : 'paid_not_recorded';
  return {
    outcome: 'credited',
    order: {
      ...order,
      paymentStatus: 'paid',
      transactionId: payment.transaction_id,
      paidAt,
      notifiedAt: earliest(order.notifiedAt, callbackTime(payment)),
      tradeState: 'SUCCESS',
      creditedAt: context.now,
      // Credited and closed exclude each other: a payment seen after the close is still a payment (invariant 6).
      closedAt: null,
      creditHold: null,
    },
    ledger: { type: 'recharge', amount: order.points, key: `recharge:${order.id}` },
    mismatch: late || repaired ? { ...paymentMismatch(kind, payment), state: 'auto_repaired' } : undefined,
  };
}

function paymentMismatch(kind: MismatchKind, payment: PaymentConfirmed): MismatchFacts {
  return {
    kind,
    state: 'open',
    wechatStatus: 'SUCCESS',
    transactionId: payment.transaction_id,
    refundId: null,
    wechatAmount: payment.amount_total,
  };
}

function callbackTime(payment: PaymentConfirmed): number | null {
  return payment.witness === 'callback' ? Date.parse(payment.observed_at) : null;
}

function earliest(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
