import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from './clock.ts';
import { systemClock } from './clock.ts';

/** A clock that is not the system's may run at any speed, or be set: it is looked at this often (ms of this machine). */
const LOOK_EVERY_MS = 10;
/** Longer timers overflow in Node. */
const LONGEST_TIMER_MS = 60 * 60_000;

/** Waits until the clock shows `at` (ms UTC), at once if it does. Ends early, without an error, when aborted. */
export async function waitUntil(clock: Clock, at: number, signal?: AbortSignal): Promise<void> {
  for (let left = at - clock.now(); left > 0 && signal?.aborted !== true; left = at - clock.now()) {
    const step = clock === systemClock ? Math.min(left, LONGEST_TIMER_MS) : LOOK_EVERY_MS;
    await delay(step, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
