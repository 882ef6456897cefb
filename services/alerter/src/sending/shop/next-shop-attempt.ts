const FIRST_WAIT_MS = 5_000;
const LONGEST_WAIT_MS = 6 * 3_600_000;
/** After an outage of the shop's server not all that waited comes at once. */
const JITTER = 0.2;
const GIVEN_UP_AFTER_MS = 3 * 24 * 3_600_000;
/** Not given up before, so that a long stop of ours does not use up the shop's three days. */
const LEAST_ATTEMPTS = 12;

/**
 * When to try again (ms UTC) after `attempts` that failed; null: given up. `random` is from 0 up to 1.
 */
export function nextShopAttempt(attempts: number, createdAt: number, now: number, random: number): number | null {
  if (attempts >= LEAST_ATTEMPTS && now - createdAt >= GIVEN_UP_AFTER_MS) return null;
  const waitMs = Math.min(FIRST_WAIT_MS * 3 ** (attempts - 1), LONGEST_WAIT_MS);
  return now + Math.round(waitMs * (1 - JITTER * random));
}
