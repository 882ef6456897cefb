import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { fromShopTime } from '@payguard/shared/database/shop-time';
import { BACKLOG_LANE, FRESH_FOR_MS, FRESH_LANE, laneOf } from '@payguard/shared/rules/next-check';
import type { Counts } from '../counts.ts';

/** Rows moved by one statement, and in one turn: what is left comes with the next. */
const SLICE = 1_000;

/** Moves rows that have been overdue for half an hour out of the fresh lane: nobody waits at a counter for them now. */
export async function demoteOverdue(pool: DatabasePool, mchid: string, counts: Counts, now: number): Promise<void> {
  const overdue = utcText(now - FRESH_FOR_MS);
  // Without a lock: see claim-orders.ts.
  const rows: { order_id: number }[] = await pool.query(
    `SELECT order_id FROM order_checks WHERE mchid = ? AND lane = ? AND next_check_at <= ?
     ORDER BY next_check_at, order_id LIMIT ${SLICE}`,
    [mchid, FRESH_LANE, overdue],
  );
  if (rows.length === 0) return;
  const result: { affectedRows: number } = await pool.query(
    'UPDATE order_checks SET lane = ? WHERE order_id IN (?) AND next_check_at <= ?',
    [BACKLOG_LANE, rows.map((row) => row.order_id), overdue],
  );
  counts.add('demoted', result.affectedRows);
}

/** Gives rows that the previous release has written their merchant and lane. */
export async function adoptChecks(
  pool: DatabasePool,
  shopTimeZone: string,
  counts: Counts,
  now: number,
): Promise<void> {
  const rows: { order_id: number; mchid: string | null; created_at: string | null }[] = await pool.query({
    sql: `SELECT c.order_id, o.mchid, o.created_at
          FROM (SELECT order_id FROM order_checks WHERE mchid = '' LIMIT ${SLICE}) c
          LEFT JOIN payment_orders o ON o.id = c.order_id`,
    dateStrings: true,
  });
  const groups = Map.groupBy(rows, ({ mchid, created_at }) => {
    const age = Math.max(0, now - (fromShopTime(created_at ?? '', shopTimeZone) ?? 0));
    return JSON.stringify([mchid, laneOf(age)]);
  });
  for (const [group, members] of groups) {
    const [mchid, lane]: [string | null, number] = JSON.parse(group);
    const ids = members.map((row) => row.order_id);
    // An order that is gone, or that nobody can be asked about, needs no check; with a merchant the sweep finds it again.
    if (mchid === null) await pool.query("DELETE FROM order_checks WHERE mchid = '' AND order_id IN (?)", [ids]);
    else
      await pool.query("UPDATE order_checks SET mchid = ?, lane = ? WHERE mchid = '' AND order_id IN (?)", [
        mchid,
        lane,
        ids,
      ]);
  }
  counts.add('adopted', rows.length);
}

/** Merchants that have checks. One look at the index for each of them, however many rows it has. */
export async function merchantsWithChecks(pool: DatabasePool): Promise<string[]> {
  const found: string[] = [];
  for (let last = ''; ; ) {
    const rows: { mchid: string }[] = await pool.query(
      'SELECT mchid FROM order_checks WHERE mchid > ? ORDER BY mchid LIMIT 1',
      [last],
    );
    const next = rows[0]?.mchid;
    if (next === undefined) return found;
    found.push(next);
    last = next;
  }
}
