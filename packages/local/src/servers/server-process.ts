import { setTimeout as wait } from 'node:timers/promises';
import { type LoggedChild, spawnLogged, stopChild } from '../supervise/child-process.ts';
import { lastLogLines, readLogFrom } from '../supervise/log-file.ts';
import { StartError } from '../supervise/start-error.ts';
import { cancelled } from './run-command.ts';

export type ServerName = 'kafka' | 'mariadb';

/** A real server, running as a child of this process. */
export type RunningServer = {
  readonly name: ServerName;
  /** Of the running process, or of the last one after its end. */
  readonly pid: number;
  readonly port: number;
  /** Path of the log file. */
  readonly log: string;
  /** SIGTERM, SIGKILL after 10 s; works on a paused server too. Resolves when it is gone; can be called twice. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same port and data, stopping it first if it runs; resolves when it is ready. Throws StartError. */
  restart(): Promise<void>;
  /** SIGSTOP: the server hangs with its connections open. */
  pause(): void;
  /** SIGCONT. */
  resume(): void;
};

export type ServerSpec = {
  name: ServerName;
  port: number;
  log: string;
  command: string;
  args: string[];
  cwd: string;
  env?: Record<string, string | undefined>;
  /** The log line by which the server says that it answers. */
  readyText: string;
  readyTimeoutMs: number;
};

export type StartContext = {
  onProgress(line: string): void;
  registerChild(name: string, pid: number): void;
  signal: AbortSignal;
};

/** Ready takes 0.5–5 s; recovery of a large log after kill -9 on a busy machine is what the rest is for. */
export const READY_TIMEOUT_MS = 60_000;
/** Measured: Kafka 0.3–0.7 s, MariaDB 0.2 s. */
const STOP_GRACE_MS = 10_000;
const READY_POLL_MS = 20;

/** Starts the server and resolves when it answers; on failure nothing is left running. Throws StartError. */
export async function startServerProcess(spec: ServerSpec, context: StartContext): Promise<RunningServer> {
  let child: LoggedChild;
  let endExpected = true;

  const stop = async () => {
    endExpected = true;
    await stopChild(child, STOP_GRACE_MS);
  };
  const start = async (signal: AbortSignal) => {
    const started = spawnLogged({
      ...spec,
      logFile: spec.log,
      registerChild: (pid) => context.registerChild(spec.name, pid),
    });
    // From here on stop() and kill() reach it, ready or not.
    child = started;
    try {
      await waitUntilReady(spec, started, signal);
    } catch (error) {
      await stop();
      throw error;
    }
    endExpected = false;
    void started.ended.then((end) => {
      if (!endExpected) context.onProgress(`${spec.name} ended unexpectedly (${end.text}), see ${spec.log}`);
    });
  };

  await start(context.signal);
  return {
    name: spec.name,
    port: spec.port,
    log: spec.log,
    get pid() {
      return child.pid ?? 0;
    },
    stop,
    async kill() {
      endExpected = true;
      child.signal('SIGKILL');
      await child.ended;
    },
    async restart() {
      await stop();
      // The signal of the first start does not count any more: stop() or the time-out ends this one.
      await start(new AbortController().signal);
    },
    pause: () => child.signal('SIGSTOP'),
    resume: () => child.signal('SIGCONT'),
  };
}

async function waitUntilReady(spec: ServerSpec, child: LoggedChild, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + spec.readyTimeoutMs;
  while (performance.now() < deadline) {
    if (signal.aborted) throw cancelled();
    const output = readLogFrom(spec.log, child.logFrom);
    const end = child.end();
    if (end !== undefined) throw diedAtStart(spec, child, end.text, output);
    if (output.includes(spec.readyText)) return;
    await Promise.race([child.ended, wait(READY_POLL_MS)]);
  }
  throw new StartError(
    'server_not_ready',
    `${spec.name} was not ready after ${spec.readyTimeoutMs / 1000} s, its log ${spec.log} says why: try again on a machine with less load`,
  );
}

function diedAtStart(spec: ServerSpec, child: LoggedChild, end: string, output: string): StartError {
  if (/Address already in use/i.test(output)) {
    return new StartError('port_taken', `Port ${spec.port} for ${spec.name} was taken while it started: start again`);
  }
  if (/No space left on device|errno: 28/i.test(output)) {
    return new StartError('disk_full', `${spec.name} found the disk of ${spec.cwd} full: free some space`);
  }
  const lines = lastLogLines(spec.log, 50, child.logFrom);
  const reason =
    lines.findLast((line) => /error|exception|fatal/i.test(line) && !/Aborting/.test(line)) ?? lines.at(-1);
  return new StartError(
    'server_died',
    `${spec.name} ended while it started (${end}${reason === undefined ? '' : `: ${reason.trim()}`}): see its log ${spec.log}`,
  );
}
