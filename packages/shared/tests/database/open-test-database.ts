import { randomBytes } from 'node:crypto';
import type { Clock } from '@payguard/shared/clock/clock';
import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { inject } from 'vitest';

// tests/setup/global-servers.ts provides it; said again, because a package's type check does not see that file.
declare module 'vitest' {
  interface ProvidedContext {
    databaseUrl: string;
  }
}

export type TestDatabase = { url: string; pool: DatabasePool; drop(): Promise<void> };

/** An empty database of its own on the run's server. `drop` ends the pool and removes it. */
export async function openTestDatabase(): Promise<TestDatabase> {
  const name = `payguard_test_${randomBytes(6).toString('hex')}`;
  const server = new URL(serverUrl());
  await onServer(server, (pool) => pool.query(`CREATE DATABASE ${name}`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const pool = createDatabasePool({ url: url.href, connectionLimit: 4 });
  const drop = async (): Promise<void> => {
    await pool.end();
    await onServer(server, (admin) => admin.query(`DROP DATABASE ${name}`));
  };
  return { url: url.href, pool, drop };
}

/** The server that the run started, or the one that DATABASE_URL names. */
function serverUrl(): string {
  const url = inject('databaseUrl') ?? process.env.DATABASE_URL;
  if (url === undefined) throw new Error('No database for the tests: run npm test, or set DATABASE_URL.');
  return url;
}

async function onServer(server: URL, work: (pool: DatabasePool) => Promise<unknown>): Promise<void> {
  const url = new URL(server);
  url.pathname = '/mysql';
  const pool = createDatabasePool({ url: url.href, connectionLimit: 1 });
  try {
    await work(pool);
  } finally {
    await pool.end();
  }
}

/** 2025-07-13 00:00:00 UTC: the day after the incident. */
export const testClock: Clock = { now: () => Date.UTC(2025, 6, 13) };
