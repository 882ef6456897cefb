import { setTimeout as delay } from 'node:timers/promises';
import { type ChildCommand, type LoggedChild, spawnLogged, stopChild } from '@payguard/local/supervise/child-process';

/** A process that is started again whenever it ends, at once: a pod, and a CronJob's next run. */
export type KeptProcess = {
  /** kill -9; resolves when it is gone. It is started again. */
  kill(): Promise<void>;
  stop(): Promise<void>;
};

/** A process that cannot start yet, its servers being down, leaves the processor to those that can. */
const RESTART_AFTER_MS = 100;
const STOP_GRACE_MS = 10_000;

export function keepProcess(command: ChildCommand): KeptProcess {
  const stopping = new AbortController();
  let child: LoggedChild | undefined;
  const running = (async () => {
    while (!stopping.signal.aborted) {
      child = spawnLogged(command);
      await child.ended;
      await delay(RESTART_AFTER_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  })();
  return {
    async kill() {
      const killed = child;
      killed?.signal('SIGKILL');
      await killed?.ended;
    },
    async stop() {
      stopping.abort();
      if (child !== undefined) await stopChild(child, STOP_GRACE_MS);
      await running;
    },
  };
}
