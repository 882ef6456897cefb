/** When an order that is not final is asked about again. All times in ms. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Somebody waits for an order of this age; older ones are the backlog. */
export const FRESH_FOR_MS = 30 * MINUTE;

/** The two lanes: an outage's backlog never delays a payer who is waiting now. */
export const FRESH_LANE = 0;
export const BACKLOG_LANE = 1;

const SHORTEST_MS = 5 * SECOND;
const LONGEST_WHILE_FRESH_MS = 45 * SECOND;
const JITTER = 0.1;

/**
 * How long to wait before the next check of an order of this age: age/4 between 5 and 45 s while it is fresh, 5 min until
 * 2 h, 30 min until 25 h (WeChat Pay's own callbacks end after 24 h 4 min), then 6 h until it is final. ±10 % by `chance`
 * (0 to 1), so that orders of one moment spread.
 */
export function checkIntervalMs(ageMs: number, chance: number): number {
  return Math.round(baseIntervalMs(ageMs) * (1 - JITTER + 2 * JITTER * chance));
}

function baseIntervalMs(ageMs: number): number {
  if (ageMs < FRESH_FOR_MS) return Math.min(LONGEST_WHILE_FRESH_MS, Math.max(SHORTEST_MS, ageMs / 4));
  if (ageMs < 2 * HOUR) return 5 * MINUTE;
  if (ageMs < 25 * HOUR) return 30 * MINUTE;
  return 6 * HOUR;
}

export function laneOf(ageMs: number): typeof FRESH_LANE | typeof BACKLOG_LANE {
  return ageMs < FRESH_FOR_MS ? FRESH_LANE : BACKLOG_LANE;
}
