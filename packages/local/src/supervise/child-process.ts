import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { logSize, openLog } from './log-file.ts';
import { signalOne } from './process-identity.ts';

/** How a child ended: `text` is for people ("exit code 1", "signal SIGKILL", "spawn … ENOENT"). */
export type ChildEnd = { code: number | null; text: string };

export type LoggedChild = {
  readonly pid: number | undefined;
  /** Where this child's lines begin in the log. */
  readonly logFrom: number;
  readonly ended: Promise<ChildEnd>;
  /** Undefined while it runs. */
  end(): ChildEnd | undefined;
  signal(signal: NodeJS.Signals): void;
};

export type ChildCommand = {
  command: string;
  args: string[];
  /** Its whole environment (our cache of compiled code apart); without it, ours. */
  env?: Record<string, string | undefined> | undefined;
  cwd?: string | undefined;
  logFile: string;
  registerChild(pid: number): void;
};

/**
 * Spawns a child whose output goes straight to its log file and registers it at once. It gets a process group of its
 * own: Ctrl-C in the terminal then reaches the owner alone, which stops its children in order.
 */
export function spawnLogged(options: ChildCommand): LoggedChild {
  const log = openLog(options.logFile);
  const logFrom = logSize(options.logFile);
  try {
    const child = spawn(options.command, options.args, {
      ...(options.env === undefined
        ? {}
        : { env: { NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE, ...options.env } }),
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      stdio: ['ignore', log, log],
      detached: true,
    });
    const followed = follow(child, logFrom);
    try {
      if (child.pid !== undefined) options.registerChild(child.pid);
    } catch (error) {
      // A child that no register knows could never be ended after a crash of ours.
      followed.signal('SIGKILL');
      throw error;
    }
    return followed;
  } finally {
    closeSync(log);
  }
}

function follow(child: ChildProcess, logFrom: number): LoggedChild {
  let end: ChildEnd | undefined;
  const ended = new Promise<ChildEnd>((resolve) => {
    const settle = (value: ChildEnd) => {
      end ??= value;
      resolve(end);
    };
    child.once('error', (error) => settle({ code: null, text: error.message }));
    child.once('exit', (code, signal) =>
      settle({ code, text: code === null ? `signal ${signal}` : `exit code ${code}` }),
    );
  });
  return {
    pid: child.pid,
    logFrom,
    ended,
    end: () => end,
    signal(signal) {
      // Once it is reaped its pid may be another's.
      if (end === undefined && child.pid !== undefined) signalOne(child.pid, signal);
    },
  };
}

/** SIGTERM (a paused child is woken for it), SIGKILL after `graceMs`; resolves when it is gone. Can be called twice. */
export async function stopChild(child: LoggedChild, graceMs: number): Promise<void> {
  child.signal('SIGTERM');
  child.signal('SIGCONT');
  const timer = new AbortController();
  await Promise.race([child.ended, wait(graceMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
  timer.abort();
  child.signal('SIGKILL');
  await child.ended;
}
