import { advanceStepwise } from './advance-stepwise.ts';
import { type Clock, type ClockReading, ClockRefusalError } from './clock.ts';
import { ClockChanges } from './clock-changes.ts';
import { SystemTimer } from './system-timer.ts';
import { TimerQueue } from './timer-queue.ts';

/** A day a second; any faster, and the 5 s a receiver has to answer would be weeks. */
export const MAX_SPEED = 86_400;
/** A minute a second: the first retries come within seconds, the whole plan of 24 h within 24 minutes. */
export const DEFAULT_SPEED = 60;
export const SPEED_RULE = `must be a number from 0 (time stands still) to ${MAX_SPEED} (a day a second)`;

/**
 * A clock that runs `speed` times as fast as real time from `startMs` (ms UTC), on the monotonic system clock, so that
 * it never goes back. Throws ClockRefusalError when the speed is out of range.
 */
export function createAcceleratedClock(startMs: number, startSpeed: number = DEFAULT_SPEED): Clock {
  const queue = new TimerQueue();
  const changes = new ClockChanges();
  const systemTimer = new SystemTimer();
  let speed = checkedSpeed(startSpeed);
  /** While it is advanced the clock stands still at each stop, however long the work there takes. */
  let isHeld = false;
  let baseMs = startMs;
  let baseTakenAt = performance.now();
  let lastAdvance: Promise<void> = Promise.resolve();

  function runningSpeed(): number {
    return isHeld ? 0 : speed;
  }

  function exactNow(): number {
    return baseMs + (performance.now() - baseTakenAt) * runningSpeed();
  }

  function setBase(ms: number): void {
    baseMs = ms;
    baseTakenAt = performance.now();
  }

  function now(): number {
    return Math.floor(exactNow());
  }

  function reading(): ClockReading {
    return { mode: 'accelerated', nowMs: now(), speed: runningSpeed() };
  }

  function armForNearest(): void {
    systemTimer.disarm();
    const dueMs = queue.nextDueMs();
    if (dueMs === undefined || runningSpeed() === 0) return;
    systemTimer.arm((dueMs - exactNow()) / runningSpeed(), () => {
      queue.startDue(now());
      armForNearest();
    });
  }

  async function jump(ms: number): Promise<void> {
    setBase(exactNow());
    isHeld = true;
    systemTimer.disarm();
    await advanceStepwise(queue, now(), now() + ms, async (stopMs) => {
      setBase(stopMs);
      await changes.tell(reading());
    });
    setBase(baseMs);
    isHeld = false;
    armForNearest();
    await changes.tell(reading());
  }

  return {
    mode: 'accelerated',
    now,
    reading,
    schedule: (dueMs, task) => {
      if (dueMs <= now()) return queue.startSoon(dueMs, task);
      const nearestMs = queue.nextDueMs();
      const timer = queue.add(dueMs, task);
      if (nearestMs === undefined || dueMs < nearestMs) armForNearest();
      return timer;
    },
    advance: (ms) => {
      lastAdvance = lastAdvance.then(() => jump(ms));
      return lastAdvance;
    },
    setSpeed: (newSpeed) => {
      const checked = checkedSpeed(newSpeed);
      setBase(exactNow());
      speed = checked;
      armForNearest();
      void changes.tell(reading());
    },
    onChange: (listener) => changes.subscribe(listener),
    idle: () => queue.idle(),
    clear: () => {
      systemTimer.disarm();
      queue.clear();
    },
  };
}

export function isAllowedSpeed(speed: number): boolean {
  return speed >= 0 && speed <= MAX_SPEED;
}

function checkedSpeed(speed: number): number {
  if (!isAllowedSpeed(speed)) throw new ClockRefusalError(`The clock's speed ${SPEED_RULE}; ${speed} is none.`);
  return speed;
}
