import { setTimeout as delay } from 'node:timers/promises';

/** Waits until the work has ended, well or badly, but no longer than `timeoutMs`: for a stop, which must end itself. */
export async function settledWithin(work: Promise<unknown> | undefined, timeoutMs: number): Promise<void> {
  await Promise.race([Promise.allSettled([work]), delay(timeoutMs, undefined, { ref: false })]);
}
