import { randomUUID } from 'node:crypto';
import type { Clock } from '../clock/clock.ts';
import type { DatabaseConnection, DatabasePool } from './connection-pool.ts';
import { databaseErrorNumber } from './database-error.ts';
import type { Migration } from './read-migrations.ts';

/** One row of Prisma's history table. */
export type HistoryRow = {
  id: string;
  name: string;
  checksum: string;
  finished: boolean;
  /** How many statements are done; the runner goes on from here. */
  steps: number;
  logs: string | null;
};

/** Marks an unfinished row as ours: its `applied_steps_count` can be trusted. Prisma's own engine applies a file at once. */
const OWN_LOG_PREFIX = 'payguard: ';

/** True when this unfinished row was written by this runner, which can go on where it stopped. */
export function canResume(row: HistoryRow): boolean {
  return row.logs?.startsWith(OWN_LOG_PREFIX) ?? false;
}

/** As Prisma's engine for MySQL creates it. */
const CREATE_HISTORY = `CREATE TABLE IF NOT EXISTS _prisma_migrations (
  id                  VARCHAR(36)      NOT NULL PRIMARY KEY,
  checksum            VARCHAR(64)      NOT NULL,
  finished_at         DATETIME(3)      NULL,
  migration_name      VARCHAR(255)     NOT NULL,
  logs                TEXT             NULL,
  rolled_back_at      DATETIME(3)      NULL,
  started_at          DATETIME(3)      NOT NULL,
  applied_steps_count INTEGER UNSIGNED NOT NULL DEFAULT 0
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`;

const NO_SUCH_TABLE = 1146;

/** The rows that count (not rolled back), oldest first; null when the database has no history table. */
export async function readHistory(database: DatabaseConnection | DatabasePool): Promise<HistoryRow[] | null> {
  try {
    const rows = await database.query<(Omit<HistoryRow, 'finished'> & { finished: number })[]>(
      `SELECT id, migration_name AS name, checksum, finished_at IS NOT NULL AS finished, applied_steps_count AS steps, logs
         FROM _prisma_migrations WHERE rolled_back_at IS NULL ORDER BY started_at, migration_name`,
    );
    return rows.map((row) => ({ ...row, finished: Number(row.finished) === 1 }));
  } catch (error) {
    if (databaseErrorNumber(error) === NO_SUCH_TABLE) return null;
    throw error;
  }
}

export async function createHistory(connection: DatabaseConnection): Promise<void> {
  await connection.query(CREATE_HISTORY);
}

/** Records a migration as applied without running it, as `prisma migrate resolve --applied` does. */
export async function recordBaseline(
  connection: DatabaseConnection,
  clock: Clock,
  migration: Migration,
): Promise<void> {
  const now = new Date(clock.now());
  await connection.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, logs, started_at, finished_at, applied_steps_count)
     VALUES (?, ?, ?, '', ?, ?, 0)`,
    [randomUUID(), migration.checksum, migration.name, now, now],
  );
}

export async function recordStart(connection: DatabaseConnection, clock: Clock, migration: Migration): Promise<string> {
  const id = randomUUID();
  await connection.query(
    `INSERT INTO _prisma_migrations (id, checksum, migration_name, logs, started_at, applied_steps_count)
     VALUES (?, ?, ?, ?, ?, 0)`,
    [id, migration.checksum, migration.name, `${OWN_LOG_PREFIX}applying`, new Date(clock.now())],
  );
  return id;
}

export async function recordStep(connection: DatabaseConnection, id: string, steps: number): Promise<void> {
  await connection.query('UPDATE _prisma_migrations SET applied_steps_count = ? WHERE id = ?', [steps, id]);
}

export async function recordFailure(connection: DatabaseConnection, id: string, message: string): Promise<void> {
  await connection.query('UPDATE _prisma_migrations SET logs = ? WHERE id = ?', [`${OWN_LOG_PREFIX}${message}`, id]);
}

export async function recordFinish(connection: DatabaseConnection, clock: Clock, id: string): Promise<void> {
  await connection.query('UPDATE _prisma_migrations SET finished_at = ?, logs = NULL WHERE id = ?', [
    new Date(clock.now()),
    id,
  ]);
}
