import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from '../telemetry/logger.ts';

/** Does `work` again and again, `everyMs` after its end, until stopped. A failure is logged and the next turn comes. */
export function repeatEvery(
  everyMs: number,
  stopping: AbortSignal,
  log: Logger,
  name: string,
  work: () => Promise<void>,
): void {
  void (async () => {
    while (!stopping.aborted) {
      await work().catch((err: unknown) => {
        if (!stopping.aborted) log.warn({ err, task: name }, 'task failed, next turn in a while');
      });
      await delay(everyMs, undefined, { signal: stopping }).catch(() => undefined);
    }
  })();
}
