import { type Clock, ClockNotManualError } from './clock.ts';
import { TimerQueue } from './timer-queue.ts';

/** setTimeout fires at once for longer delays, so a far timer is waited for in several parts. */
const LONGEST_SYSTEM_TIMER_MS = 2 ** 31 - 1;

/** A clock that follows the system's time, with one system timer for the nearest of all its timers. */
export function createRealClock(): Clock {
  const queue = new TimerQueue();
  let systemTimer: NodeJS.Timeout | undefined;

  function armForNearest(): void {
    clearTimeout(systemTimer);
    const dueMs = queue.nextDueMs();
    if (dueMs === undefined) return;
    const waitMs = Math.min(Math.max(dueMs - Date.now(), 0), LONGEST_SYSTEM_TIMER_MS);
    systemTimer = setTimeout(() => {
      queue.startDue(Date.now());
      armForNearest();
    }, waitMs);
  }

  return {
    mode: 'real',
    now: () => Date.now(),
    schedule: (dueMs, task) => {
      if (dueMs <= Date.now()) return queue.startSoon(dueMs, task);
      const nearestMs = queue.nextDueMs();
      const timer = queue.add(dueMs, task);
      if (nearestMs === undefined || dueMs < nearestMs) armForNearest();
      return timer;
    },
    advance: async () => {
      throw new ClockNotManualError();
    },
    idle: () => queue.idle(),
    clear: () => {
      clearTimeout(systemTimer);
      queue.clear();
    },
  };
}
