import type { Clock } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** A clock that stands still at `startMs` (ms UTC) until it is advanced by hand. */
export function createManualClock(startMs: number): Clock {
  const queue = new TimerQueue();
  let nowMs = startMs;
  let lastAdvance: Promise<void> = Promise.resolve();

  async function advanceTo(targetMs: number): Promise<void> {
    await queue.idle();
    for (let dueMs = queue.nextDueMs(); dueMs !== undefined && dueMs <= targetMs; dueMs = queue.nextDueMs()) {
      nowMs = Math.max(nowMs, dueMs);
      queue.startDue(nowMs);
      await queue.idle();
    }
    nowMs = Math.max(nowMs, targetMs);
  }

  return {
    mode: 'manual',
    now: () => nowMs,
    schedule: (dueMs, task) => (dueMs <= nowMs ? queue.startSoon(dueMs, task) : queue.add(dueMs, task)),
    advance: (ms) => {
      // Two callers at once take turns: each moves the clock by its own span.
      lastAdvance = lastAdvance.then(() => advanceTo(nowMs + ms));
      return lastAdvance;
    },
    idle: () => queue.idle(),
    clear: () => queue.clear(),
  };
}
