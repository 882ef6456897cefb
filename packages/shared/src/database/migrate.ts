import type { Clock } from '../clock/clock.ts';
import { applyMigration, type MigrationStep } from './apply-migration.ts';
import type { DatabaseConnection, DatabasePool } from './connection-pool.ts';
import type { LegacyOptions } from './legacy-upgrade/legacy-options.ts';
import { findLegacyProblems } from './legacy-upgrade/preflight.ts';
import { type LegacyReport, type UpgradeStep, upgradeLegacyRows } from './legacy-upgrade/upgrade-legacy-rows.ts';
import { createHistory, readHistory, recordBaseline } from './migration-history.ts';
import { withMigrationLock } from './migration-lock.ts';
import { type MigrationPlan, planMigrations } from './plan-migrations.ts';
import { type Migration, readMigrations } from './read-migrations.ts';
import type { Refusal } from './refusal.ts';
import { inspectDatabase } from './shop-schema.ts';

export type MigrateStep = MigrationStep | UpgradeStep | { step: 'baselined'; migration: string };

export type MigrateOptions = {
  pool: DatabasePool;
  clock: Clock;
  legacy: LegacyOptions;
  migrationsFolder?: string;
  /** Progress. When it throws, the run stops there. */
  onStep?: (step: MigrateStep) => void;
};

export type MigrateOutcome =
  | {
      outcome: 'migrated';
      applied: string[];
      baselined: boolean;
      newer: string[];
      /** What the rows from before payguard have become; null when this run upgraded none. */
      upgrade: LegacyReport | null;
    }
  /** Nothing at all was changed. */
  | { outcome: 'refused'; refusals: Refusal[] };

/** The migration that holds the legacy upgrade's result in place: the rows are upgraded just before it. */
const AFTER_LEGACY_UPGRADE = '20261122000100_payguard_constraints';

/**
 * Brings the database to this release's schema. Safe to run twice, by many processes at once (one works, the others
 * wait and find it done), and again after a kill at any point: it goes on at the statement or batch where it stopped.
 * Keeps Prisma's protocol, so that `prisma migrate status` and `deploy` work on the same database.
 * Throws MigrationFailed when the database refuses a statement, and the database's error when it cannot be reached.
 */
export async function migrate(options: MigrateOptions): Promise<MigrateOutcome> {
  const migrations = await readMigrations(options.migrationsFolder);
  const connection = await options.pool.getConnection();
  try {
    return await withMigrationLock(connection, () => migrateLocked(connection, migrations, options));
  } finally {
    await connection.release();
  }
}

async function migrateLocked(
  connection: DatabaseConnection,
  migrations: Migration[],
  options: MigrateOptions,
): Promise<MigrateOutcome> {
  const history = (await readHistory(connection)) ?? [];
  const plan = planMigrations(migrations, history, await inspectDatabase(connection, migrations));
  if (plan.kind === 'refused') return { outcome: 'refused', refusals: plan.refusals };
  if (needsLegacyUpgrade(plan, migrations)) {
    const refusals = await findLegacyProblems(connection, options.legacy);
    if (refusals.length > 0) return { outcome: 'refused', refusals };
  }
  return applyPlan(connection, migrations, plan, options);
}

/** Rows from before payguard can only be where the shop's tables were before this run. */
function needsLegacyUpgrade(plan: MigrationPlan & { kind: 'go' }, migrations: Migration[]): boolean {
  const shopTables = migrations[0];
  const pending = plan.pending.map((entry) => entry.migration);
  return pending.some((migration) => migration.name === AFTER_LEGACY_UPGRADE) && !pending.some((m) => m === shopTables);
}

async function applyPlan(
  connection: DatabaseConnection,
  migrations: Migration[],
  plan: MigrationPlan & { kind: 'go' },
  options: MigrateOptions,
): Promise<MigrateOutcome> {
  const onStep = options.onStep ?? (() => undefined);
  const upgrades = needsLegacyUpgrade(plan, migrations);
  await createHistory(connection);
  if (plan.baseline !== null) {
    await recordBaseline(connection, options.clock, plan.baseline);
    onStep({ step: 'baselined', migration: plan.baseline.name });
  }
  let upgrade: LegacyReport | null = null;
  for (const { migration, unfinished } of plan.pending) {
    if (upgrades && migration.name === AFTER_LEGACY_UPGRADE) {
      upgrade = await upgradeLegacyRows(connection, options.clock, options.legacy, onStep);
    }
    await applyMigration(connection, options.clock, migration, unfinished, onStep);
  }
  return {
    outcome: 'migrated',
    applied: plan.pending.map((entry) => entry.migration.name),
    baselined: plan.baseline !== null,
    newer: plan.newer,
    upgrade,
  };
}
