import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { type ExclusiveLock, tryLock } from '../supervise/exclusive-lock.ts';
import { StartError } from '../supervise/start-error.ts';
import { cancelled } from './run-command.ts';

/** How often another process' build is looked at, and how often the wait is reported. */
const LOCK_POLL_MS = 200;
const REPORT_EVERY_MS = 5_000;
/** More than the longest build: the time-outs of its steps add up to 18 minutes. */
const LOCK_TIMEOUT_MS = 20 * 60_000;

/**
 * Builds `path` unless it is there. `build` works on a path beside it, which takes its name only when complete: what a
 * killed build leaves is never taken for whole, and goes with the next build. Call it with the cache locked.
 */
export async function buildOnce(path: string, build: (unfinished: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  removeUnfinished(path);
  const unfinished = `${path}.unfinished-${process.pid}`;
  try {
    await build(unfinished);
    renameSync(unfinished, path);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function removeUnfinished(path: string): void {
  for (const name of readdirSync(dirname(path))) {
    if (name.startsWith(`${basename(path)}.unfinished-`)) {
      rmSync(join(dirname(path), name), { recursive: true, force: true });
    }
  }
}

/** Locks the cache for building, waiting for a build that another process does. Throws StartError. */
export async function lockCache(
  cacheDir: string,
  context: { onProgress(line: string): void; signal: AbortSignal },
): Promise<ExclusiveLock> {
  const startedAt = performance.now();
  let reportAt = startedAt;
  while (performance.now() - startedAt < LOCK_TIMEOUT_MS) {
    if (context.signal.aborted) throw cancelled();
    const lock = tryLock(join(cacheDir, 'build.lock'));
    if (lock !== undefined) return lock;
    if (performance.now() >= reportAt) {
      context.onProgress('waiting for another process that downloads the servers');
      reportAt += REPORT_EVERY_MS;
    }
    await wait(LOCK_POLL_MS);
  }
  throw new StartError(
    'download_failed',
    `Another process has been building ${cacheDir} for ${LOCK_TIMEOUT_MS / 60_000} minutes: end it and start again`,
  );
}
