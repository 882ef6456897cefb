import { setTimeout as delay } from 'node:timers/promises';
import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { BadInput } from './command.ts';

/** A large shop's table is rebuilt, or read as a whole, in one statement; after this a silent server is given up. */
const LONG_STATEMENT_MS = 2 * 60 * 60_000;
/** A command works on one connection at a time. */
const CONNECTIONS = 1;

const REACH_RETRY_MS = 500;
/** Access denied (to the server, to the database), no such database: asking again changes nothing. */
const REFUSALS = new Set([1044, 1045, 1049]);

/**
 * Runs the work on the database that --database-url (or DATABASE_URL) names, and closes it in the end. Throws one sentence
 * when the server is not reached within `waitMs`; tried once where that is 0.
 */
export async function withDatabase<T>(
  urlOption: string | undefined,
  work: (pool: DatabasePool) => Promise<T>,
  { waitMs = 0 }: { waitMs?: number } = {},
): Promise<T> {
  const pool = openPool(urlOption ?? process.env.DATABASE_URL);
  try {
    await reach(pool, performance.now() + waitMs);
    return await work(pool);
  } finally {
    await pool.end();
  }
}

async function reach(pool: DatabasePool, until: number): Promise<void> {
  for (;;) {
    try {
      await pool.query('SELECT 1');
      return;
    } catch (error) {
      const cause = causeOf(error);
      const refused = cause instanceof Error && 'errno' in cause && REFUSALS.has(Number(cause.errno));
      if (refused || performance.now() >= until) throw unreachable(cause);
    }
    await delay(REACH_RETRY_MS);
  }
}

/** The pool says only that it has no connection; why is in the error's cause, and that is what a person needs. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}

function unreachable(cause: unknown): Error {
  const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
  return new Error(`The database cannot be reached (${reason}): check --database-url and that the server runs.`);
}

function openPool(url: string | undefined): DatabasePool {
  if (url === undefined || url === '') {
    throw new BadInput('No database is named: give --database-url mysql://user:password@host:3306/database.');
  }
  try {
    return createDatabasePool({ url, connectionLimit: CONNECTIONS, socketTimeoutMs: LONG_STATEMENT_MS });
  } catch (error) {
    throw new BadInput(error instanceof Error ? error.message : String(error));
  }
}
