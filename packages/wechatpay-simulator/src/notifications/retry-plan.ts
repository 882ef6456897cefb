const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Waits after the first send and each failed retry: 15 retries, 24 h 4 min in all (page 4012791861). */
export const RETRY_PLAN_MS: readonly number[] = [
  15 * SECOND_MS,
  15 * SECOND_MS,
  30 * SECOND_MS,
  3 * MINUTE_MS,
  10 * MINUTE_MS,
  20 * MINUTE_MS,
  30 * MINUTE_MS,
  30 * MINUTE_MS,
  30 * MINUTE_MS,
  60 * MINUTE_MS,
  3 * HOUR_MS,
  3 * HOUR_MS,
  3 * HOUR_MS,
  6 * HOUR_MS,
  6 * HOUR_MS,
];

/** The wait after attempt `number` (from 1) failed, or undefined when the plan is over. */
export function waitAfterAttemptMs(number: number): number | undefined {
  return RETRY_PLAN_MS[number - 1];
}
