import type { TimerQueue } from './timer-queue.ts';

/**
 * Goes from due time to due time up to `targetMs`: `stopAt` sets the clock, then all that is due there runs to its end.
 * A stop never lies before `fromMs`, where the clock stands.
 */
export async function advanceStepwise(
  queue: TimerQueue,
  fromMs: number,
  targetMs: number,
  stopAt: (ms: number) => Promise<void>,
): Promise<void> {
  let standsAtMs = fromMs;
  await queue.idle();
  for (let dueMs = queue.nextDueMs(); dueMs !== undefined && dueMs <= targetMs; dueMs = queue.nextDueMs()) {
    standsAtMs = Math.max(standsAtMs, dueMs);
    await stopAt(standsAtMs);
    queue.startDue(standsAtMs);
    await queue.idle();
  }
  if (standsAtMs < targetMs) await stopAt(targetMs);
}
