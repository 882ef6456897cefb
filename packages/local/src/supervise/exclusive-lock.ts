import { DatabaseSync } from 'node:sqlite';

/** SQLite's result code for "someone else has the lock" (sqlite.org/rescode.html#busy). */
const SQLITE_BUSY = 5;

export type ExclusiveLock = { release(): void };

/**
 * Takes the lock on `file`, or returns undefined while any process (this one too) has it. The kernel frees it when the
 * holder ends, kill -9 included, and children do not inherit it: SQLite's own file lock, so nothing can be left behind.
 */
export function tryLock(file: string): ExclusiveLock | undefined {
  const database = new DatabaseSync(file);
  try {
    database.exec('PRAGMA journal_mode=MEMORY; BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return undefined;
    throw error;
  }
  let held = true;
  return {
    release() {
      if (held) database.close();
      held = false;
    },
  };
}
