const MINUTE_MS = 60_000;
/** A run shorter than this would do nothing but start: it works in the next minute instead. */
const SHORTEST_RUN_MS = 5_000;

/** The CronJob's end: the next run starts five seconds later. */
export const DEFAULT_LAST_SECOND = 55;

/** The moment (ms UTC) at which a run that starts now ends: this second of its minute, or of the next one. */
export function endOfRun(startedAt: number, lastSecond: number): number {
  const end = Math.floor(startedAt / MINUTE_MS) * MINUTE_MS + lastSecond * 1_000;
  return end - startedAt >= SHORTEST_RUN_MS ? end : end + MINUTE_MS;
}
