import { PrismaMariaDb } from '@prisma/adapter-mariadb';
import { createDatabasePool, type DatabasePoolOptions } from './connection-pool.ts';
import { PrismaClient } from './generated/client.ts';

export type { PrismaClient } from './generated/client.ts';

export type DatabaseModels = {
  prisma: PrismaClient;
  /** Ends the client and its pool. May be called twice. */
  close(): Promise<void>;
};

/**
 * Prisma's models over a pool of ours, with the same session settings and time-outs as everything else.
 * The text protocol: with prepared statements each new shape of a query would stay open on the server.
 */
export function createPrismaClient(options: DatabasePoolOptions): DatabaseModels {
  const pool = createDatabasePool(options);
  const prisma = new PrismaClient({ adapter: new PrismaMariaDb(pool, { useTextProtocol: true }) });
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    await prisma.$disconnect();
    await pool.end();
  };
  return {
    prisma,
    close: () => {
      closing ??= close();
      return closing;
    },
  };
}
