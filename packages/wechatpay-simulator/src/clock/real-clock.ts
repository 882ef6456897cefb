import { type Clock, ClockRefusalError } from './clock.ts';
import { SystemTimer } from './system-timer.ts';
import { TimerQueue } from './timer-queue.ts';

/** A clock that follows the system's time, with one system timer for the nearest of all its timers. */
export function createRealClock(): Clock {
  const queue = new TimerQueue();
  const systemTimer = new SystemTimer();

  function armForNearest(): void {
    systemTimer.disarm();
    const dueMs = queue.nextDueMs();
    if (dueMs === undefined) return;
    systemTimer.arm(dueMs - Date.now(), () => {
      queue.startDue(Date.now());
      armForNearest();
    });
  }

  return {
    mode: 'real',
    now: () => Date.now(),
    reading: () => ({ mode: 'real', nowMs: Date.now(), speed: 1 }),
    schedule: (dueMs, task) => {
      if (dueMs <= Date.now()) return queue.startSoon(dueMs, task);
      const nearestMs = queue.nextDueMs();
      const timer = queue.add(dueMs, task);
      if (nearestMs === undefined || dueMs < nearestMs) armForNearest();
      return timer;
    },
    advance: async () => {
      throw new ClockRefusalError(
        'The clock follows real time and cannot be advanced; start the simulator with --clock manual or accelerated.',
      );
    },
    setSpeed: () => {
      throw new ClockRefusalError(
        'The clock follows real time and has no speed; start the simulator with --clock accelerated.',
      );
    },
    // Nothing changes it: it is told as it is to whoever asks.
    onChange: () => () => undefined,
    idle: () => queue.idle(),
    clear: () => {
      systemTimer.disarm();
      queue.clear();
    },
  };
}
