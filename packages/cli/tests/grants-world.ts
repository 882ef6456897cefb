import { randomBytes } from 'node:crypto';
import { systemClock } from '@payguard/shared/clock/clock';
import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { openTestDatabase, type TestDatabase } from '../../shared/tests/database/open-test-database.ts';
import { DATABASE_PARTS, type DatabasePart } from '../src/grants/database-privileges.ts';
import { passwordVariable } from '../src/grants/database-user.ts';
import { type Result, runPayguard } from './run-payguard.ts';

/** A migrated database, and users whose names nobody else on the server has. */
export type GrantsWorld = {
  database: TestDatabase;
  environment: Record<string, string>;
  nameOf(part: DatabasePart): string;
  /** The options that name all parts' users. */
  users: string[];
  grants(...args: string[]): Promise<Result>;
  /** With the password of `environment`, or this one. */
  poolOf(part: DatabasePart, password?: string): DatabasePool;
  close(): Promise<void>;
};

export async function openGrantsWorld(): Promise<GrantsWorld> {
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const suffix = randomBytes(4).toString('hex');
  const nameOf = (part: DatabasePart): string => `test_${part}_${suffix}`;
  const passwords = Object.fromEntries(DATABASE_PARTS.map((part) => [passwordVariable(part), `secret-${part}`]));
  const environment = { DATABASE_URL: database.url, ...passwords };
  const pools: DatabasePool[] = [];
  return {
    database,
    environment,
    nameOf,
    users: DATABASE_PARTS.flatMap((part) => ['--user', `${part}=${nameOf(part)}`]),
    grants: (...args) => runPayguard(['grants', ...args], environment),
    poolOf: (part, password) => {
      const url = new URL(database.url);
      url.username = nameOf(part);
      url.password = password ?? passwords[passwordVariable(part)] ?? '';
      const pool = createDatabasePool({ url: url.href, connectionLimit: 1, acquireTimeoutMs: 1_000 });
      pools.push(pool);
      return pool;
    },
    close: async () => {
      for (const pool of pools) await pool.end();
      for (const part of DATABASE_PARTS) await database.pool.query(`DROP USER IF EXISTS '${nameOf(part)}'@'%'`);
      await database.drop();
    },
  };
}

/** What the server says that the user may do; it says it in no order. */
export async function grantsOf(pool: DatabasePool, name: string): Promise<unknown[]> {
  const rows: Record<string, string>[] = await pool.query(`SHOW GRANTS FOR '${name}'@'%'`);
  return rows.flatMap(Object.values).toSorted();
}

/** What becomes of a statement: `done`, or the server's error number. Nothing of it stays. */
export async function tryStatement(pool: DatabasePool, sql: string): Promise<number | 'done'> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    await connection.query(sql);
    return 'done';
  } catch (error) {
    return databaseErrorNumber(error) ?? -1;
  } finally {
    await connection.rollback();
    await connection.release();
  }
}
