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
    return await work(pool);
  } finally {
    await pool.end();
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
