import { randomBytes } from 'node:crypto';
import { systemClock } from '@payguard/shared/clock/clock';
import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';

export type MigratedDatabase = { url: string; pool: DatabasePool; drop(): Promise<void> };

/**
 * A migrated database of its own, in vitest and in a soak alike; the URL names a server and a user who may create one.
 * `drop` ends the pool and removes it.
 */
export async function createMigratedDatabase(serverUrl: string): Promise<MigratedDatabase> {
  const name = `payguard_test_${randomBytes(6).toString('hex')}`;
  const url = new URL(serverUrl);
  url.pathname = '/mysql';
  const admin = createDatabasePool({ url: url.href, connectionLimit: 1 });
  await admin.query(`CREATE DATABASE ${name}`);
  url.pathname = `/${name}`;
  const pool = createDatabasePool({ url: url.href });
  await migrate({ pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const drop = async (): Promise<void> => {
    await pool.end();
    await admin.query(`DROP DATABASE ${name}`);
    await admin.end();
  };
  return { url: url.href, pool, drop };
}
