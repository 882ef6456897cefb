import { setTimeout as wait } from 'node:timers/promises';
import { type LoggedChild, spawnLogged, stopChild } from './child-process.ts';
import { lastLogLines } from './log-file.ts';

/** A service that is kept running, as a container orchestrator would. */
export type SupervisedService = {
  readonly name: string;
  /** Undefined while it waits to be started again, and after its end. */
  readonly pid: number | undefined;
  readonly restarts: number;
  /** Path of the log file. */
  readonly log: string;
  /** SIGTERM, SIGKILL after 10 s; it is not started again. Resolves when it is gone; can be called twice. */
  stop(): Promise<void>;
  /** SIGKILL, for fault tests; resolves when that process is gone. The supervisor starts it again. */
  kill(): Promise<void>;
  /** Resolves when GET readyUrl answers 200; rejects after `timeoutMs`, or when the service has ended for good. */
  ready(timeoutMs: number): Promise<void>;
};

export type SuperviseOptions = {
  name: string;
  command: string;
  args: string[];
  env: Record<string, string>;
  cwd?: string;
  logFile: string;
  readyUrl: string;
  onEvent(line: string): void;
  /** The owner's register of children (`StateOwner.registerChild`). */
  registerChild(pid: number): void;
};

const FIRST_BACK_OFF_MS = 200;
const LAST_BACK_OFF_MS = 5_000;
/** A service that lived this long is not in a crash loop: its next restart is quick again. */
const SETTLED_MS = 30_000;
const STOP_GRACE_MS = 10_000;
/** Our services' exit code for a configuration that is wrong: starting again cannot help. */
const BAD_CONFIGURATION = 2;
const READY_POLL_MS = 50;
/** A health route that takes longer than this is not ready. */
const READY_REQUEST_MS = 1_000;
const LINES_IN_ERROR = 3;

/** Starts the service and keeps it running until stop(), or until it ends with exit code 2 (bad configuration). */
export function superviseService(options: SuperviseOptions): SupervisedService {
  const stopping = new AbortController();
  let child: LoggedChild | undefined;
  let restarts = 0;
  let gaveUp: Error | undefined;

  const keepRunning = async (): Promise<void> => {
    let backOffMs = FIRST_BACK_OFF_MS;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      child = spawnLogged(options);
      const end = await child.ended;
      if (stopping.signal.aborted) return;
      if (end.code === BAD_CONFIGURATION) {
        gaveUp = badConfiguration(options, child);
        options.onEvent(gaveUp.message);
        return;
      }
      if (performance.now() - startedAt >= SETTLED_MS) backOffMs = FIRST_BACK_OFF_MS;
      options.onEvent(`${options.name} ended (${end.text}), starting it again in ${backOffMs} ms`);
      await wait(backOffMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      backOffMs = Math.min(backOffMs * 2, LAST_BACK_OFF_MS);
      if (!stopping.signal.aborted) restarts += 1;
    }
  };
  const running = keepRunning().catch((error: unknown) => {
    gaveUp = new Error(`${options.name} cannot be started: its log file ${options.logFile} cannot be opened`, {
      cause: error,
    });
    options.onEvent(gaveUp.message);
  });

  return {
    name: options.name,
    log: options.logFile,
    get pid() {
      return child?.end() === undefined ? child?.pid : undefined;
    },
    get restarts() {
      return restarts;
    },
    async stop() {
      stopping.abort();
      if (child !== undefined) await stopChild(child, STOP_GRACE_MS);
      await running;
    },
    async kill() {
      const killed = child;
      killed?.signal('SIGKILL');
      await killed?.ended;
    },
    ready: (timeoutMs) =>
      waitUntilReady(options, timeoutMs, () => {
        if (stopping.signal.aborted) return new Error(`${options.name} was stopped before it was ready`);
        return gaveUp;
      }),
  };
}

async function waitUntilReady(
  options: SuperviseOptions,
  timeoutMs: number,
  endedForGood: () => Error | undefined,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (performance.now() < deadline) {
    const ended = endedForGood();
    if (ended !== undefined) throw ended;
    if (await answers(options.readyUrl)) return;
    await wait(READY_POLL_MS);
  }
  throw new Error(
    `${options.name} was not ready after ${timeoutMs / 1000} s (GET ${options.readyUrl}): see ${options.logFile}${quoteLog(options.logFile)}`,
  );
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(READY_REQUEST_MS) });
    await response.body?.cancel();
    return response.status === 200;
  } catch {
    return false;
  }
}

function badConfiguration(options: SuperviseOptions, child: LoggedChild): Error {
  return new Error(
    `${options.name} refused its configuration (exit code ${BAD_CONFIGURATION})${quoteLog(options.logFile, child.logFrom)}`,
  );
}

function quoteLog(file: string, from = 0): string {
  const lines = lastLogLines(file, LINES_IN_ERROR, from);
  return lines.length === 0 ? '' : `: ${lines.join(' | ')}`;
}
