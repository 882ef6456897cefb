import type { DatabaseConnection } from './connection-pool.ts';

type SqlValue = string | number | Date | null;

/**
 * One INSERT for many rows. `head` is everything up to and with VALUES, `tail` what follows the rows. Answers the id of
 * the first row; the others follow it in order (a simple insert's ids are consecutive in every InnoDB lock mode).
 */
export async function insertRows(
  connection: DatabaseConnection,
  head: string,
  rows: readonly (readonly SqlValue[])[],
  tail = '',
): Promise<number> {
  const width = rows[0]?.length ?? 0;
  const one = `(${Array.from({ length: width }, () => '?').join(',')})`;
  const sql = `${head} ${rows.map(() => one).join(',')} ${tail}`;
  const result: { insertId: number } = await connection.query(sql, rows.flat());
  return result.insertId;
}

/** A time for payguard's own DATETIME(3) columns: 'YYYY-MM-DD HH:MM:SS.mmm' in UTC. */
export function utcText(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
}

/** The instant (ms, UTC) of such a column, read with `dateStrings`. */
export function fromUtcText(text: string | null): number | null {
  return text === null ? null : Date.parse(`${text.replace(' ', 'T')}Z`);
}
