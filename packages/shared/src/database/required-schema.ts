import type { DatabaseConnection, DatabasePool } from './connection-pool.ts';
import { readHistory } from './migration-history.ts';

/** The newest migration this release's code relies on. A test holds it to the newest in the folder. */
export const REQUIRED_MIGRATION = '20261124000000_alerting';

export type SchemaState = { ready: true } | { ready: false; reason: string };

/**
 * Says whether the schema is at least what this release needs; a newer one is fine. For readiness probes: throws only
 * when the database cannot be asked.
 */
export async function requireSchema(pool: DatabasePool): Promise<SchemaState> {
  const history = await readHistory(pool);
  const row = history?.find((applied) => applied.name === REQUIRED_MIGRATION);
  if (row?.finished === true) return { ready: true };
  const state = row === undefined ? 'is not applied' : 'is unfinished';
  return { ready: false, reason: `Migration ${REQUIRED_MIGRATION} ${state}: run payguard migrate.` };
}

/** Has a newer release migrated this database? Its pods may still run, as during a rollback. */
export async function isSchemaNewer(database: DatabaseConnection | DatabasePool): Promise<boolean> {
  const history = await readHistory(database);
  // Names begin with their date.
  return history?.some(({ name }) => name > REQUIRED_MIGRATION) ?? false;
}
