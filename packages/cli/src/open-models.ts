import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import { createPrismaClient, type PrismaClient } from '@payguard/shared/database/prisma-client';
import { withDatabase } from './open-database.ts';

/** A command works on one connection at a time. */
const CONNECTIONS = 1;
/** "Table doesn't exist", in MySQL and MariaDB. */
const NO_SUCH_TABLE = 1146;

/**
 * Runs the work on the models of the database that --database-url (or DATABASE_URL) names, and closes it in the end.
 * A database that is away or not migrated is found out before the work begins.
 */
export async function withModels<T>(
  urlOption: string | undefined,
  work: (prisma: PrismaClient) => Promise<T>,
): Promise<T> {
  await withDatabase(urlOption, requireMigrated);
  const url = urlOption ?? process.env.DATABASE_URL ?? '';
  const { prisma, close } = createPrismaClient({ url, connectionLimit: CONNECTIONS });
  try {
    return await work(prisma);
  } finally {
    await close();
  }
}

async function requireMigrated(pool: DatabasePool): Promise<void> {
  try {
    await pool.query('SELECT id FROM dead_letters LIMIT 1');
  } catch (error) {
    if (databaseErrorNumber(error) !== NO_SUCH_TABLE) throw error;
    throw new Error('The database has no table dead_letters: run payguard migrate.');
  }
}
