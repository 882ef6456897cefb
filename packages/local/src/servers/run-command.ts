import { setTimeout as wait } from 'node:timers/promises';
import { type ChildCommand, type ChildEnd, spawnLogged, stopChild } from '../supervise/child-process.ts';
import { readLogFrom } from '../supervise/log-file.ts';
import { StartError } from '../supervise/start-error.ts';

/** How often the output of a command is looked at. */
const WATCH_MS = 100;
const STOP_GRACE_MS = 2_000;

export type CommandOptions = ChildCommand & {
  signal: AbortSignal;
  timeoutMs: number;
  /** How long it may take to end after SIGTERM, before SIGKILL; 2 s unless told. */
  graceMs?: number;
  /** Called about ten times a second with the command's output so far (its last 64 KiB); returning true ends it with SIGTERM. */
  watch?(output: string): boolean;
};

/**
 * Runs a command to its end, or to its time-out; nothing of it is left running. The caller judges `end` (`text` holds
 * ENOENT when there is no such command). Throws StartError `aborted`.
 */
export async function runCommand(options: CommandOptions): Promise<{ end: ChildEnd; output: string }> {
  if (options.signal.aborted) throw cancelled();
  const child = spawnLogged(options);
  const output = () => readLogFrom(options.logFile, child.logFrom);
  const deadline = performance.now() + options.timeoutMs;
  try {
    while (child.end() === undefined) {
      await Promise.race([child.ended, wait(WATCH_MS)]);
      if (options.signal.aborted) throw cancelled();
      if (performance.now() > deadline) return { end: tooSlow(options.timeoutMs), output: output() };
      if (options.watch?.(output()) === true) break;
    }
  } finally {
    await stopChild(child, options.graceMs ?? STOP_GRACE_MS);
  }
  return { end: await child.ended, output: output() };
}

/** What every part of a start throws when its signal is aborted. */
export function cancelled(): StartError {
  return new StartError('aborted', 'The start was cancelled');
}

function tooSlow(timeoutMs: number): ChildEnd {
  return { code: null, text: `no end within ${timeoutMs / 1000} s` };
}
