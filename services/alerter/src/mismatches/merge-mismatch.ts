import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';

/**
 * A mismatch is the join of all events about its id: `mergeMismatch` is commutative, associative and idempotent, so that
 * every order, repetition and grouping of the events ends in the same row (invariant 9).
 */

type MismatchState = PaymentMismatch['state'];

/** Only forward; a person has closed it either way, and of two persons the earlier one counts. */
const RANK: Record<MismatchState, number> = { open: 0, auto_repaired: 1, resolved: 2, dismissed: 2 };

/** What one event alone says. */
export function toMismatch(event: PaymentMismatch): MismatchView {
  const { detected_at, handled_by, handled_reason, ...facts } = event;
  const seenAt = Date.parse(detected_at);
  return {
    ...facts,
    detectedAt: seenAt,
    stateAt: seenAt,
    handledBy: handled_by ?? null,
    handledReason: handled_reason ?? null,
  };
}

/** What two sights of the same mismatch say together. */
export function mergeMismatch(a: MismatchView, b: MismatchView): MismatchView {
  const { state, stateAt, handledBy, handledReason, ...statuses } = leadingFacts(leads(a, b) ? a : b);
  return {
    id: a.id,
    kind: least(a.kind, b.kind),
    mchid: least(a.mchid, b.mchid),
    out_trade_no: leastKnown(a.out_trade_no, b.out_trade_no),
    transaction_id: leastKnown(a.transaction_id, b.transaction_id),
    refund_id: leastKnown(a.refund_id, b.refund_id),
    ...statuses,
    state,
    stateAt,
    handledBy,
    handledReason,
    detectedAt: Math.min(a.detectedAt, b.detectedAt),
  };
}

export function isSameMismatch(a: MismatchView, b: MismatchView): boolean {
  return canonicalText(a) === canonicalText(b);
}

/** The facts that go together: all of them come from the event that brought the state. */
function leadingFacts(mismatch: MismatchView) {
  const { state, stateAt, system_status, wechat_status, system_amount, wechat_amount, handledBy, handledReason } =
    mismatch;
  return { state, stateAt, system_status, wechat_status, system_amount, wechat_amount, handledBy, handledReason };
}

/** A total order of leading facts: the higher state, of equals the earlier one, of those any, but always the same one. */
function leads(a: MismatchView, b: MismatchView): boolean {
  if (RANK[a.state] !== RANK[b.state]) return RANK[a.state] > RANK[b.state];
  if (a.stateAt !== b.stateAt) return a.stateAt < b.stateAt;
  return canonicalText(leadingFacts(a)) <= canonicalText(leadingFacts(b));
}

function least<T extends string>(a: T, b: T): T {
  return a <= b ? a : b;
}

function leastKnown(a: string | null, b: string | null): string | null {
  if (a === null || b === null) return a ?? b;
  return least(a, b);
}

function canonicalText(facts: object): string {
  return JSON.stringify(Object.entries(facts).sort(([a], [b]) => (a < b ? -1 : 1)));
}
