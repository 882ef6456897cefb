import type { Clock } from '@payguard/shared/clock/clock';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { waitUntil } from '@payguard/shared/clock/wait-until';

/** Work that was started and has not ended. */
export type WorkUnderWay = {
  readonly size: number;
  /** `work` must not reject. */
  add(work: Promise<void>): void;
  /** Resolves when something ends, the clock shows `at` (ms UTC), or `stop` is aborted. */
  nextEnd(clock: Clock, at: number, stop: AbortSignal): Promise<void>;
  /** Resolves when all has ended, after `timeoutMs` of this machine at the latest. */
  allEnded(timeoutMs: number): Promise<void>;
};

export function createWorkUnderWay(): WorkUnderWay {
  const running = new Set<Promise<void>>();
  let end = Promise.withResolvers<void>();
  return {
    get size() {
      return running.size;
    },
    add(work) {
      const tracked = work.finally(() => {
        running.delete(tracked);
        end.resolve();
        end = Promise.withResolvers();
      });
      running.add(tracked);
    },
    async nextEnd(clock, at, stop) {
      const woken = new AbortController();
      const signal = AbortSignal.any([stop, woken.signal]);
      await Promise.race([end.promise, waitUntil(clock, at, signal)]);
      woken.abort();
    },
    allEnded: (timeoutMs) => settledWithin(Promise.all(running), timeoutMs),
  };
}
