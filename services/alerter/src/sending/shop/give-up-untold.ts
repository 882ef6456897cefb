import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';

/** One statement; it is repeated until nothing is left. */
const MOST_AT_ONCE = 1_000;

/** Ends news of credits, due by `dueBy` (ms UTC), that no shop is there to be told of; answers how many. */
export async function giveUpUntold(pool: DatabasePool, dueBy: number, now: number): Promise<number> {
  let ended = 0;
  for (;;) {
    const rows: { id: string }[] = await pool.query(
      `SELECT id FROM shop_notifications WHERE next_attempt_at <= ? AND state = 'pending'
       ORDER BY next_attempt_at LIMIT ${MOST_AT_ONCE}`,
      [utcText(dueBy)],
    );
    if (rows.length === 0) return ended;
    const done: { affectedRows: number } = await pool.query(
      `UPDATE shop_notifications SET state = 'given_up', next_attempt_at = NULL, lease_by = NULL, lease_until = NULL,
              detail = 'no shop webhook is configured', ended_at = ?
       WHERE id IN (?) AND state = 'pending'`,
      [utcText(now), rows.map(({ id }) => id)],
    );
    ended += done.affectedRows;
  }
}
