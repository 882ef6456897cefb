import { advanceStepwise } from './advance-stepwise.ts';
import { type Clock, type ClockReading, ClockRefusalError } from './clock.ts';
import { ClockChanges } from './clock-changes.ts';
import { TimerQueue } from './timer-queue.ts';

/** A clock that stands still at `startMs` (ms UTC) until it is advanced by hand. */
export function createManualClock(startMs: number): Clock {
  const queue = new TimerQueue();
  const changes = new ClockChanges();
  let nowMs = startMs;
  let lastAdvance: Promise<void> = Promise.resolve();

  function reading(): ClockReading {
    return { mode: 'manual', nowMs, speed: 0 };
  }

  async function stopAt(ms: number): Promise<void> {
    nowMs = ms;
    await changes.tell(reading());
  }

  return {
    mode: 'manual',
    now: () => nowMs,
    reading,
    schedule: (dueMs, task) => (dueMs <= nowMs ? queue.startSoon(dueMs, task) : queue.add(dueMs, task)),
    advance: (ms) => {
      // Two callers at once take turns: each moves the clock by its own span.
      lastAdvance = lastAdvance.then(() => advanceStepwise(queue, nowMs, nowMs + ms, stopAt));
      return lastAdvance;
    },
    setSpeed: () => {
      throw new ClockRefusalError(
        'The clock stands still until it is advanced and has no speed; start the simulator with --clock accelerated.',
      );
    },
    onChange: (listener) => changes.subscribe(listener),
    idle: () => queue.idle(),
    clear: () => queue.clear(),
  };
}
