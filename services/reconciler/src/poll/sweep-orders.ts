import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { fromShopTime } from '@payguard/shared/database/shop-time';
import { inTransaction } from '@payguard/shared/database/transaction';
import { laneOf } from '@payguard/shared/rules/next-check';
import type { Counts } from '../counts.ts';
import { readPosition, writePosition } from './job-positions.ts';

/** Ids read by one statement. */
const SLICE = 1_000;
/** An insert may be committed after those with higher ids: so many ids are looked at again each time. */
const LOOK_BACK_IDS = 1_000;
/** One turn catches up so far; what is left comes with the next. */
const HEAD_SLICES = 50;
/** The slow lap finds whatever the head has missed, at the same cost however large the table is. */
const LAP_IDS = 2_000;
/** WeChat Pay's callback comes first almost always. */
const FIRST_CHECK_AFTER_MS = 5_000;

export type SweepDependencies = {
  pool: DatabasePool;
  counts: Counts;
  /** IANA name; created_at is written in it. */
  shopTimeZone: string;
};

type OrderRow = {
  id: number;
  mchid: string | null;
  created_at: string;
  credited_at: string | null;
  closed_at: string | null;
  check_id: number | null;
};

/**
 * Gives every order that is not final a check, also those that the shop inserts itself (invariant 7): new ones at once, and
 * by a slow lap over the whole table all others. Its cost follows what is new, never the table's size.
 */
export async function sweepOrders(deps: SweepDependencies, now: number): Promise<void> {
  await sweepHead(deps, now);
  await sweepLap(deps, now);
}

async function sweepHead(deps: SweepDependencies, now: number): Promise<void> {
  const head = await readPosition(deps.pool, 'sweep.head');
  let position = Math.max(0, head - LOOK_BACK_IDS);
  for (let slice = 0; slice < HEAD_SLICES; slice += 1) {
    const { last } = await sweepSlice(deps, position, now);
    if (last === undefined) break;
    position = last;
    if (position > head) await writePosition(deps.pool, 'sweep.head', position);
  }
}

async function sweepLap(deps: SweepDependencies, now: number): Promise<void> {
  const start = await readPosition(deps.pool, 'sweep.lap');
  let position = start;
  let hasWrapped = false;
  for (let left = LAP_IDS; left > 0; ) {
    const limit = Math.min(left, SLICE);
    const { last, seen, withoutMerchant } = await sweepSlice(deps, position, now, limit);
    // Nobody can be asked about an order without a merchant; payguard doctor lists them.
    deps.counts.add('orders_without_mchid', withoutMerchant);
    left -= seen;
    position = last ?? position;
    if (seen === limit) continue;
    // Behind the last order comes the first one; a table smaller than a turn is seen once.
    if (hasWrapped || start === 0) break;
    hasWrapped = true;
    position = 0;
  }
  await writePosition(deps.pool, 'sweep.lap', position);
}

type Swept = {
  /** The last id; undefined behind the last order. */
  last: number | undefined;
  seen: number;
  withoutMerchant: number;
};

/** Looks at the orders after this id. */
async function sweepSlice(deps: SweepDependencies, afterId: number, now: number, limit = SLICE): Promise<Swept> {
  const rows: OrderRow[] = await deps.pool.query(
    {
      sql: `SELECT o.id, o.mchid, o.created_at, o.credited_at, o.closed_at, c.order_id AS check_id
            FROM payment_orders o LEFT JOIN order_checks c ON c.order_id = o.id
            WHERE o.id > ? ORDER BY o.id LIMIT ?`,
      dateStrings: true,
    },
    [afterId, limit],
  );
  const open = rows.filter((row) => row.check_id === null && row.credited_at === null && row.closed_at === null);
  const askable = open.filter(({ mchid }) => mchid !== null);
  await insertChecks(deps, askable, now);
  return { last: rows.at(-1)?.id, seen: rows.length, withoutMerchant: open.length - askable.length };
}

/**
 * Under a lock that keeps points from crediting or closing these orders meanwhile: it takes their checks away when it does,
 * and one that came in after that would stay.
 */
async function insertChecks(deps: SweepDependencies, orders: readonly OrderRow[], now: number): Promise<void> {
  if (orders.length === 0) return;
  const inserted = await inTransaction(deps.pool, async (connection) => {
    const open: { id: number }[] = await connection.query(
      `SELECT id FROM payment_orders WHERE id IN (?) AND credited_at IS NULL AND closed_at IS NULL
       ORDER BY id LOCK IN SHARE MODE`,
      [orders.map(({ id }) => id)],
    );
    const stillOpen = new Set(open.map(({ id }) => id));
    const rows = orders.filter(({ id }) => stillOpen.has(id)).map((order) => toCheck(order, deps.shopTimeZone, now));
    if (rows.length === 0) return 0;
    await insertRows(
      connection,
      'INSERT INTO order_checks (order_id, mchid, lane, next_check_at) VALUES',
      rows,
      'ON DUPLICATE KEY UPDATE order_id = VALUES(order_id)',
    );
    return rows.length;
  });
  deps.counts.add('swept', inserted);
}

function toCheck(order: OrderRow, shopTimeZone: string, now: number): (string | number | null)[] {
  const age = Math.max(0, now - (fromShopTime(order.created_at, shopTimeZone) ?? 0));
  return [order.id, order.mchid, laneOf(age), utcText(now + Math.max(0, FIRST_CHECK_AFTER_MS - age))];
}
