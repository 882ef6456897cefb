import { setTimeout as delay } from 'node:timers/promises';

/** What passes by itself (deadlock, lost connection, fail-over) is tried again for as long as it takes: from 50 ms to 3 s. */
const FIRST_RETRY_MS = 50;
const LAST_RETRY_MS = 3_000;

export type RetrySteps = {
  /** True for an error that time heals. Any other one is thrown on, and so is every error once told to stop. */
  passes(err: unknown): boolean;
  failed(err: unknown, retryInMs: number): void;
  stopping: AbortSignal;
};

/** Does the work again until it succeeds, or fails for good. */
export async function untilItPasses<T>(steps: RetrySteps, work: () => Promise<T>): Promise<T> {
  for (let wait = FIRST_RETRY_MS; ; wait = Math.min(wait * 2, LAST_RETRY_MS)) {
    try {
      return await work();
    } catch (err) {
      if (!steps.passes(err) || steps.stopping.aborted) throw err;
      steps.failed(err, wait);
      await delay(wait, undefined, { signal: steps.stopping });
    }
  }
}
