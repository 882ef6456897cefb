import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { type MigrateOptions, type MigrateOutcome, migrate } from '@payguard/shared/database/migrate';
import { readMigrations } from '@payguard/shared/database/read-migrations';
import { REQUIRED_MIGRATION, requireSchema } from '@payguard/shared/database/required-schema';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from './open-test-database.ts';

const run = promisify(execFile);
const CLI = fileURLToPath(new URL('../../../cli/src/main.ts', import.meta.url));

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database.drop());

const migrateHere = (options: Partial<MigrateOptions> = {}): Promise<MigrateOutcome> =>
  migrate({ pool: database.pool, clock: testClock, legacy: DEFAULT_LEGACY_OPTIONS, ...options });

async function readHistoryRows(): Promise<Record<string, unknown>[]> {
  return database.pool.query(
    `SELECT migration_name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count AS steps, logs
       FROM _prisma_migrations ORDER BY migration_name`,
  );
}

/** The schema as the server tells it, to compare two ways of getting there. */
async function describeSchema(): Promise<unknown> {
  const columns = await database.pool.query(
    `SELECT table_name, column_name, column_type, is_nullable, column_default FROM information_schema.columns
      WHERE table_schema = DATABASE() ORDER BY table_name, column_name`,
  );
  const indexes = await database.pool.query(
    `SELECT table_name, index_name, non_unique, seq_in_index, column_name FROM information_schema.statistics
      WHERE table_schema = DATABASE() ORDER BY table_name, index_name, seq_in_index`,
  );
  const checks = await database.pool.query(
    `SELECT constraint_name FROM information_schema.table_constraints
      WHERE table_schema = DATABASE() AND constraint_type = 'CHECK' ORDER BY constraint_name`,
  );
  return [...columns, ...indexes, ...checks];
}

describe('migrate', () => {
  it('applies every migration to an empty database and records it as Prisma does', async () => {
    const migrations = await readMigrations();
    const names = migrations.map((migration) => migration.name);
    await expect(migrateHere()).resolves.toEqual({
      outcome: 'migrated',
      applied: names,
      baselined: false,
      newer: [],
      upgrade: null,
    });
    const expected = migrations.map(({ name, checksum, statements }) =>
      expect.objectContaining({ migration_name: name, checksum, finished: 1, steps: statements.length, logs: null }),
    );
    await expect(readHistoryRows()).resolves.toEqual(expected);
  });

  it('does nothing the second time', async () => {
    await migrateHere();
    const before = await readHistoryRows();
    await expect(migrateHere()).resolves.toMatchObject({ outcome: 'migrated', applied: [] });
    await expect(readHistoryRows()).resolves.toEqual(before);
  });

  it('lets four processes run at once: all succeed, each migration is applied once', async () => {
    const processes = Array.from({ length: 4 }, () =>
      run(process.execPath, [CLI, 'migrate', '--json'], { env: { ...process.env, DATABASE_URL: database.url } }),
    );
    const outcomes = (await Promise.all(processes)).map(({ stdout }) => JSON.parse(stdout).applied.length);
    const migrations = await readMigrations();
    expect(outcomes.sort()).toEqual([0, 0, 0, migrations.length]);
    await expect(readHistoryRows()).resolves.toHaveLength(migrations.length);
  }, 30_000);

  /** Odd, so that both moments of a statement are met: before and after it is recorded. */
  const EVERY = 3;

  it('goes on where it stopped, whichever statement it was killed after, recorded or not', async () => {
    await migrateHere();
    const wanted = await describeSchema();
    await database.drop();
    const migrations = await readMigrations();
    const steps = migrations.reduce((sum, migration) => sum + 2 + 2 * migration.statements.length, 0);

    database = await openTestDatabase();
    // Each run gets some steps further than the last that was killed, and then is killed itself.
    for (let killAt = 1; killAt <= steps; killAt += EVERY) {
      await database.drop();
      database = await openTestDatabase();
      const pool = createDatabasePool({ url: database.url, connectionLimit: 1 });
      let step = 0;
      const killed = migrateHere({
        pool,
        onStep: () => {
          step += 1;
          if (step === killAt) throw new Error('killed');
        },
      });
      await expect(killed).rejects.toThrow('killed');
      await pool.end();
      await expect(migrateHere()).resolves.toMatchObject({ outcome: 'migrated' });
      expect(await describeSchema(), `killed at step ${killAt}`).toEqual(wanted);
    }
  }, 60_000);

  it('tolerates "exists already" for the first resumed statement only', async () => {
    await expect(
      migrateHere({
        onStep: (step) => {
          if (step.step === 'recorded') throw new Error('killed');
        },
      }),
    ).rejects.toThrow('killed');
    // Not the next statement's table but the one after: nobody but a stranger can have made it.
    await database.pool.query('CREATE TABLE point_transactions (id INT)');
    await expect(migrateHere()).rejects.toThrow(/20250701000000_shop_schema stopped at statement 3 of 3 .*exists/);
    await database.pool.query('DROP TABLE point_transactions');
    await expect(migrateHere()).resolves.toMatchObject({ outcome: 'migrated' });
  });

  it('refuses an applied migration whose file has changed', async () => {
    await migrateHere();
    await database.pool.query('UPDATE _prisma_migrations SET checksum = ? WHERE migration_name = ?', [
      '0'.repeat(64),
      REQUIRED_MIGRATION,
    ]);
    await expect(migrateHere()).resolves.toMatchObject({
      outcome: 'refused',
      refusals: [{ message: expect.stringContaining(`${REQUIRED_MIGRATION} was applied from a different file`) }],
    });
  });

  it("refuses a migration that Prisma's engine left unfinished, because nobody knows how far it came", async () => {
    await migrateHere();
    await database.pool.query('UPDATE _prisma_migrations SET finished_at = NULL WHERE migration_name = ?', [
      REQUIRED_MIGRATION,
    ]);
    await expect(migrateHere()).resolves.toMatchObject({
      outcome: 'refused',
      refusals: [{ message: expect.stringContaining('P3009') }],
    });
  });

  it('runs on a schema that a newer release has migrated further, and says so', async () => {
    await migrateHere();
    await database.pool.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, started_at, finished_at)
       VALUES ('x', 'y', '20990101000000_later', '2099-01-01', '2099-01-01')`,
    );
    await expect(migrateHere()).resolves.toMatchObject({ outcome: 'migrated', newer: ['20990101000000_later'] });
    await expect(requireSchema(database.pool)).resolves.toEqual({ ready: true });
  });

  it("refuses a database that holds somebody else's tables, and changes nothing", async () => {
    await database.pool.query('CREATE TABLE blog_posts (id INT)');
    await expect(migrateHere()).resolves.toMatchObject({
      outcome: 'refused',
      refusals: [
        { message: expect.stringContaining('no table users') },
        { message: expect.stringContaining('no table payment_orders') },
        { message: expect.stringContaining('no table point_transactions') },
      ],
    });
    await expect(database.pool.query('SHOW TABLES')).resolves.toHaveLength(1);
  });
});

describe('requireSchema', () => {
  it('says what is missing before, and ready after', async () => {
    await expect(requireSchema(database.pool)).resolves.toEqual({
      ready: false,
      reason: `Migration ${REQUIRED_MIGRATION} is not applied: run payguard migrate.`,
    });
    await migrateHere();
    await expect(requireSchema(database.pool)).resolves.toEqual({ ready: true });
  });

  it('needs the newest migration of this release', async () => {
    const migrations = await readMigrations();
    expect(migrations.at(-1)?.name).toBe(REQUIRED_MIGRATION);
  });
});
