import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { BadInput } from './command.ts';

/** A large shop's table is rebuilt, or read as a whole, in one statement; after this a silent server is given up. */
const LONG_STATEMENT_MS = 2 * 60 * 60_000;
/** A command works on one connection at a time. */
const CONNECTIONS = 1;

/** Runs the work on the database that --database-url (or DATABASE_URL) names, and closes it in the end. */
export async function withDatabase<T>(
  urlOption: string | undefined,
  work: (pool: DatabasePool) => Promise<T>,
): Promise<T> {
  const pool = openPool(urlOption ?? process.env.DATABASE_URL);
  try {
    await reach(pool);
    return await work(pool);
  } finally {
    await pool.end();
  }
}

/** The pool says only that it has no connection; why is in the error's cause, and that is what a person needs. */
async function reach(pool: DatabasePool): Promise<void> {
  try {
    await pool.query('SELECT 1');
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    throw new Error(`The database cannot be reached (${reason}): check --database-url and that the server runs.`);
  }
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
