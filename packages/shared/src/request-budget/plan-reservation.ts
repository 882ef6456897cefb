import { BUDGET_SHARES, type BudgetShare, slotIntervalUs } from './budget-shares.ts';

/** For each share the next moment, in microseconds since 1970, that nobody has reserved. */
export type NextSlots = Record<BudgetShare, number>;

export type Reservation = {
  /** Moments (ms UTC, fractions included) at which a request may go out, in order. */
  slots: number[];
  next: NextSlots;
};

/**
 * What a share left unused in the last half second it may make up for itself; what it left unused before belongs to
 * whoever asks, for half a second more. In any minute that lets at most 0.7 s' worth too much out: 1.1 %.
 */
const CREDIT_US = 500_000;
const LENT_FOR_US = 500_000;
/** Nobody reserves further ahead: what a killed process held is lost, and others want their turn. */
const HORIZON_US = 250_000;

/**
 * Reserves up to `wanted` slots: the share's own first, then what others have let pass. Pure, so that the promise (no
 * share is ever kept from its own, all together stay within the budget) can be tested without a database.
 */
export function planReservation(
  before: NextSlots,
  owner: { share: BudgetShare; requestsPerSecond: number },
  wanted: number,
  nowUs: number,
): Reservation {
  const next = { ...before };
  const own = takeOwn(next, owner, wanted, nowUs);
  let lent = 0;
  for (const share of BUDGET_SHARES.filter((other) => other !== owner.share)) {
    lent += takeLent(next, { ...owner, share }, wanted - own.length - lent, nowUs);
  }
  const slots = [...own, ...spread(lent, nowUs)].sort((a, b) => a - b);
  return { slots: slots.map((us) => us / 1_000), next };
}

type Lender = { share: BudgetShare; requestsPerSecond: number };

/** Slots of one's own that begin before the horizon. */
function takeOwn(next: NextSlots, { share, requestsPerSecond }: Lender, wanted: number, nowUs: number): number[] {
  const intervalUs = slotIntervalUs(share, requestsPerSecond);
  const from = Math.max(next[share], nowUs - CREDIT_US);
  const count = Math.max(0, Math.min(wanted, Math.ceil((nowUs + HORIZON_US - from) / intervalUs)));
  if (count > 0) next[share] = from + count * intervalUs;
  return Array.from({ length: count }, (_, n) => from + n * intervalUs);
}

/** How many whole slots another share has let pass: taking them does not touch what it may still make up for. */
function takeLent(next: NextSlots, { share, requestsPerSecond }: Lender, wanted: number, nowUs: number): number {
  const intervalUs = slotIntervalUs(share, requestsPerSecond);
  const passed = nowUs - CREDIT_US;
  const from = Math.max(next[share], passed - Math.max(LENT_FOR_US, intervalUs));
  const count = Math.max(0, Math.min(wanted, Math.floor((passed - from) / intervalUs)));
  if (count > 0) next[share] = from + count * intervalUs;
  return count;
}

/** Lent slots lie in the past: sent one by one, they are no burst. */
function spread(count: number, nowUs: number): number[] {
  return Array.from({ length: count }, (_, n) => nowUs + (n * HORIZON_US) / count);
}
