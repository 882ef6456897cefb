import type { DatabaseConnection } from './connection-pool.ts';

/** The name Prisma's own engine takes: neither runs beside the other. It belongs to the connection and ends with it. */
const LOCK_NAME = 'prisma_migrate';
/** One question for the lock; short, so that a lost connection is noticed. */
const LOCK_QUESTION_S = 10;
/** Another process may be upgrading a large shop. Longer than that, a person should look. */
const LOCK_WAIT_MS = 30 * 60_000;

/** Runs the work while no other process migrates on this server. Throws one sentence when the lock stays taken. */
export async function withMigrationLock<T>(connection: DatabaseConnection, work: () => Promise<T>): Promise<T> {
  const deadline = performance.now() + LOCK_WAIT_MS;
  while (!(await takeLock(connection))) {
    if (performance.now() > deadline) {
      throw new Error('Another process has been migrating on this server for 30 minutes: look at it, then run again.');
    }
  }
  try {
    return await work();
  } finally {
    // On a lost connection the server has given the lock back already.
    await connection.query('SELECT RELEASE_LOCK(?)', [LOCK_NAME]).catch(() => undefined);
  }
}

async function takeLock(connection: DatabaseConnection): Promise<boolean> {
  const rows = await connection.query<{ taken: number | null }[]>('SELECT GET_LOCK(?, ?) AS taken', [
    LOCK_NAME,
    LOCK_QUESTION_S,
  ]);
  return Number(rows[0]?.taken) === 1;
}
