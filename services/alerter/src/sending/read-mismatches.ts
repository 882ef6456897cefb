import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { MISMATCH_VIEW_COLUMNS, type MismatchViewRow, toMismatchView } from '@payguard/shared/database/mismatch-view';

/** Mismatches as they are now, by id. */
export async function readMismatches(
  pool: DatabasePool,
  ids: readonly string[],
): Promise<ReadonlyMap<string, MismatchView>> {
  if (ids.length === 0) return new Map();
  const rows: MismatchViewRow[] = await pool.query(
    { sql: `SELECT ${MISMATCH_VIEW_COLUMNS} FROM mismatches WHERE id IN (?)`, dateStrings: true },
    [ids],
  );
  return new Map(rows.map((row) => [row.id, toMismatchView(row)]));
}
