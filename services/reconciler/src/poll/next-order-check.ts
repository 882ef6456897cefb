import { BACKLOG_LANE, checkIntervalMs, laneOf } from '@payguard/shared/rules/next-check';
import { LONGEST_ORDER_LIFE_MS } from '@payguard/shared/sync-order/close-order';
import type { SyncOutcome } from '@payguard/shared/sync-order/sync-order';

/** What became of an order that was asked about. */
export type OrderAnswer =
  | SyncOutcome
  /** payment.closed is acknowledged, on more than one answer: gone for an hour, or unpaid past every term. */
  | { outcome: 'given_up'; tradeState: GivenUpState };

export type GivenUpState = 'ORDER_NOT_EXIST' | 'NOTPAY' | 'PAYERROR';

/** When an order was made and can no longer be paid, ms UTC. */
export type OrderTerm = { createdAt: number; expiresAt: number };

/** What earlier looks at an order have left behind, ms UTC. */
export type CheckState = {
  /** Its SUCCESS was first published. */
  confirmedAt: number | null;
  /** Somebody was told that it is still not credited. */
  reportedAt: number | null;
  /** The first ORDER_NOT_EXIST since its end. */
  missingSince: number | null;
};

export type Lane = ReturnType<typeof laneOf>;

export type NextCheck = CheckState & {
  nextCheckAt: number;
  lane: Lane;
  /** False for an order that was given back without having been asked about. */
  isAttempt: boolean;
};

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;

/** Two sights of ORDER_NOT_EXIST this far apart close an order (invariant 6). */
export const MISSING_FOR_MS = 60 * MINUTE_MS;
/** A payment published this long ago and still not credited is the incident itself (paid_not_recorded). */
export const CREDIT_EXPECTED_WITHIN_MS = MINUTE_MS;
/** What is published and acknowledged is on its way: asking more often finds nothing new. */
const PUBLISHED_PAYMENT_AT_LEAST_MS = 5 * MINUTE_MS;
const PUBLISHED_CLOSE_MS = MINUTE_MS;
/** An order ends at the moment it says; a clock of WeChat Pay's may be a little behind. */
const AFTER_EXPIRY_MS = SECOND_MS;
/** An old order does not wait for half an hour because its turn came during an outage. */
const UNANSWERED_AT_MOST_MS = MINUTE_MS;
/** The broker was away for the report: it is tried again soon. */
const UNTOLD_MS = 5 * SECOND_MS;

/** An order without a time of its own ends with WeChat Pay's longest. */
export function expiryOf(order: { createdAt: number; expiresAt: number | null }): number {
  return order.expiresAt ?? order.createdAt + LONGEST_ORDER_LIFE_MS;
}

/** Why an order past its end may be called closed although WeChat Pay did not say so (invariant 6); else undefined. */
export function whyGivenUp(
  term: OrderTerm,
  state: CheckState,
  answer: SyncOutcome,
  now: number,
): GivenUpState | undefined {
  if (now < term.expiresAt) return undefined;
  if (answer.outcome === 'not_exist') {
    const isGone = state.missingSince !== null && now - state.missingSince >= MISSING_FOR_MS;
    return isGone ? 'ORDER_NOT_EXIST' : undefined;
  }
  const isTooOld = now > term.createdAt + LONGEST_ORDER_LIFE_MS;
  // A payer who is typing a password (USERPAYING) may still pay.
  if (answer.outcome !== 'unpaid' || !isTooOld || answer.tradeState === 'USERPAYING') return undefined;
  return answer.tradeState;
}

/** True when a payment that was published should have been credited by now and nobody has been told. */
export function isReportDue(state: CheckState, now: number): boolean {
  const { confirmedAt, reportedAt } = state;
  return reportedAt === null && confirmedAt !== null && now - confirmedAt >= CREDIT_EXPECTED_WITHIN_MS;
}

/** When an order is looked at again after this answer, and what is to be remembered until then. `chance`: 0 to 1. */
export function planAfterAnswer(
  term: OrderTerm,
  state: CheckState,
  answer: OrderAnswer,
  now: number,
  chance: number,
): NextCheck {
  const usual = nextUsualCheck(term, state, now, chance);
  switch (answer.outcome) {
    case 'paid':
      return afterPayment(usual, term, now, chance);
    case 'closed':
    case 'given_up':
      return { ...usual, missingSince: null, nextCheckAt: now + PUBLISHED_CLOSE_MS };
    case 'unpaid':
      return { ...usual, missingSince: null };
    case 'not_exist':
      return afterMissing(usual, term, now);
    // No answer about the order: nothing of what was known before changes.
    case 'refused':
      return usual;
    case 'unavailable':
    case 'not_published':
      return { ...usual, nextCheckAt: Math.min(usual.nextCheckAt, now + UNANSWERED_AT_MOST_MS) };
  }
}

/** Of an order that nobody needs to ask about for now: a person decides about it, or its refunds are under way. */
export function planWaiting(term: OrderTerm, state: CheckState, now: number, chance: number): NextCheck {
  const nextCheckAt = now + Math.max(PUBLISHED_PAYMENT_AT_LEAST_MS, intervalOf(term, now, chance));
  return { ...nextUsualCheck(term, state, now, chance), nextCheckAt };
}

/** Given back as it was: nothing was asked. */
export function planGivenBack(term: OrderTerm, state: CheckState, dueAt: number, now: number): NextCheck {
  return { ...state, nextCheckAt: dueAt, lane: laneOf(ageOf(term, now)), isAttempt: false };
}

/** The person has been told, or could not be. */
export function withReport(next: NextCheck, told: boolean, now: number): NextCheck {
  return told ? { ...next, reportedAt: now } : { ...next, nextCheckAt: now + UNTOLD_MS };
}

/** A check whose order is not there, or not one of WeChat Pay's: kept out of everybody's way, looked at rarely. */
export function planUnaskable(state: CheckState, now: number, chance: number): NextCheck {
  const nextCheckAt = now + checkIntervalMs(Number.POSITIVE_INFINITY, chance);
  return { ...state, nextCheckAt, lane: BACKLOG_LANE, isAttempt: true };
}

function nextUsualCheck(term: OrderTerm, state: CheckState, now: number, chance: number): NextCheck {
  const usual = now + intervalOf(term, now, chance);
  const end = term.expiresAt + AFTER_EXPIRY_MS;
  const nextCheckAt = now < term.expiresAt ? Math.min(usual, end) : usual;
  return { ...state, nextCheckAt, lane: laneOf(ageOf(term, now)), isAttempt: true };
}

function afterPayment(usual: NextCheck, term: OrderTerm, now: number, chance: number): NextCheck {
  const confirmedAt = usual.confirmedAt ?? now;
  const creditedBy = confirmedAt + CREDIT_EXPECTED_WITHIN_MS;
  const later = now + Math.max(PUBLISHED_PAYMENT_AT_LEAST_MS, intervalOf(term, now, chance));
  return { ...usual, confirmedAt, missingSince: null, nextCheckAt: now < creditedBy ? creditedBy : later };
}

function afterMissing(usual: NextCheck, term: OrderTerm, now: number): NextCheck {
  if (now < term.expiresAt) return { ...usual, missingSince: null };
  const missingSince = usual.missingSince ?? now;
  const provenAt = missingSince + MISSING_FOR_MS;
  return {
    ...usual,
    missingSince,
    nextCheckAt: now < provenAt ? Math.min(usual.nextCheckAt, provenAt) : usual.nextCheckAt,
  };
}

function intervalOf(term: OrderTerm, now: number, chance: number): number {
  return checkIntervalMs(ageOf(term, now), chance);
}

/** The shop's clock may be ahead of ours. */
function ageOf(term: OrderTerm, now: number): number {
  return Math.max(0, now - term.createdAt);
}
