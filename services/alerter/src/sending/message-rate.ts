/**
 * Receivers count a sliding minute by their own clock, from when a message reaches them: the end of a delivery is the
 * latest moment for that, and a second more covers clocks that differ.
 */
export const RATE_WINDOW_MS = 61_000;
/** Of a minute's messages, so many only for what pages somebody: it never waits behind warnings. */
const KEPT_FOR_CRITICAL = 3;
/** This part of a minute's messages goes at once; the rest evenly, so that nothing has to wait for the minute's end. */
const BURST_SHARE = 1 / 4;

/**
 * When the next message may go out (ms UTC, now or later), so that no minute holds more than `perMinute` of them.
 * `endings`: when the deliveries of the last minute ended.
 */
export function nextSlot(
  endings: readonly number[],
  { perMinute, isCritical, now }: { perMinute: number; isCritical: boolean; now: number },
): number {
  const limit = isCritical ? perMinute : perMinute - Math.min(KEPT_FOR_CRITICAL, Math.floor(perMinute / 2));
  const burst = Math.ceil(limit * BURST_SHARE);
  const newestFirst = endings
    // An end that lies further ahead was written before the clock was set back, and says nothing of the last minute.
    .filter((end) => end > now - RATE_WINDOW_MS && end <= now + RATE_WINDOW_MS)
    .toSorted((a, b) => b - a);
  const [newest = now] = newestFirst;
  if (newestFirst.length < burst) return now;
  const mustLeave = newestFirst[limit - 1];
  if (mustLeave !== undefined) return mustLeave + RATE_WINDOW_MS;
  return Math.max(now, newest + RATE_WINDOW_MS / (limit - burst));
}
