import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import { createPrismaClient, type DatabaseModels, type PrismaClient } from '@payguard/shared/database/prisma-client';
import { BadInput } from './command.ts';

/** A command works on one connection at a time. */
const CONNECTIONS = 1;
/** "Table doesn't exist", in MySQL and MariaDB. */
const NO_SUCH_TABLE = 1146;

/** Runs the work on the models of the database that --database-url (or DATABASE_URL) names, and closes it in the end. */
export async function withModels<T>(
  urlOption: string | undefined,
  work: (prisma: PrismaClient) => Promise<T>,
): Promise<T> {
  const { prisma, close } = openModels(urlOption ?? process.env.DATABASE_URL);
  try {
    await reach(prisma);
    return await work(prisma);
  } finally {
    await close();
  }
}

/** Asked before anything is done to Kafka: a database that is away or not migrated must not be found out half-way. */
async function reach(prisma: PrismaClient): Promise<void> {
  try {
    await prisma.$queryRaw`SELECT id FROM dead_letters LIMIT 1`;
  } catch (error) {
    if (databaseErrorNumber(error) === NO_SUCH_TABLE) {
      throw new Error('The database has no table dead_letters: run payguard migrate.');
    }
    const reason = error instanceof Error ? error.message.trim().split('\n').at(-1) : String(error);
    throw new Error(`The database cannot be reached (${reason}): check --database-url and that the server runs.`);
  }
}

function openModels(url: string | undefined): DatabaseModels {
  if (url === undefined || url === '') {
    throw new BadInput('No database is named: give --database-url mysql://user:password@host:3306/database.');
  }
  try {
    return createPrismaClient({ url, connectionLimit: CONNECTIONS });
  } catch (error) {
    throw new BadInput(error instanceof Error ? error.message : String(error));
  }
}
