import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { EXIT_OK } from '@payguard/cli/command';
import { logSize, openLog, readLogFrom } from '../supervise/log-file.ts';
import { fromFileSystemError } from '../supervise/start-error.ts';
import { EXIT_INTERRUPTED } from './stop-signals.ts';

/** The line that ends a successful start begins so. */
export const READY = 'ready';

const MAIN = join(import.meta.dirname, '../main.ts');
const POLL_MS = 100;
/** A first start downloads 200 MB, which has its own limit of 15 minutes; nothing after it takes minutes. */
const READY_TIMEOUT_MS = 20 * 60_000;

/**
 * Starts the system in a process group of its own, shows its progress, and returns when it is ready. The exit code is
 * the start's own when it fails.
 */
export async function startDetached(stateDir: string, args: string[], signal: AbortSignal): Promise<number> {
  const log = join(resolve(stateDir), 'logs', 'start.log');
  const descriptor = openStartLog(log, stateDir);
  const from = logSize(log);
  const child = spawn(process.execPath, [MAIN, 'start', ...args.filter((arg) => arg !== '--detach')], {
    detached: true,
    stdio: ['ignore', descriptor, descriptor],
  });
  closeSync(descriptor);
  let exitCode: number | null | undefined;
  child.once('error', () => {
    exitCode = null;
  });
  child.once('exit', (code) => {
    exitCode = code;
  });
  const onAbort = () => child.kill('SIGTERM');
  signal.addEventListener('abort', onAbort, { once: true });

  const show = showNewText(log, from);
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (performance.now() < deadline) {
    const ended = exitCode !== undefined;
    const isReady = show();
    if (isReady && !signal.aborted) {
      child.unref();
      return EXIT_OK;
    }
    if (ended) return signal.aborted ? EXIT_INTERRUPTED : (exitCode ?? 1);
    await wait(POLL_MS);
  }
  child.kill('SIGTERM');
  throw new Error(`The system was not ready after ${READY_TIMEOUT_MS / 60_000} minutes, and was stopped: see ${log}.`);
}

function openStartLog(log: string, stateDir: string): number {
  try {
    return openLog(log);
  } catch (error) {
    throw fromFileSystemError(error, stateDir);
  }
}

/** Copies what was added to the log to the terminal; true once the ready line is among it. */
function showNewText(log: string, from: number): () => boolean {
  let shown = from;
  let isReady = false;
  return () => {
    const text = readLogFrom(log, shown);
    shown += Buffer.byteLength(text);
    process.stdout.write(text);
    isReady ||= text.split('\n').some((line) => line.startsWith(`${READY} in `));
    return isReady;
  };
}
