import { fromUtcText } from '@payguard/shared/database/multi-row';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCounts } from '../src/counts.ts';
import { readPosition, writePosition } from '../src/poll/job-positions.ts';
import { adoptChecks, merchantsWithChecks } from '../src/poll/keep-lanes.ts';
import { sweepOrders } from '../src/poll/sweep-orders.ts';
import { HOUR, openPollWorld, type PollWorld, SECOND, SHOP_TIME_ZONE } from './poll-world.ts';

let world: PollWorld;
beforeAll(async () => {
  world = await openPollWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  for (const table of ['order_checks', 'payment_orders', 'job_positions'])
    await world.pool.query(`DELETE FROM ${table}`);
});

const counts = createCounts();
const sweep = () => sweepOrders({ pool: world.pool, counts, shopTimeZone: SHOP_TIME_ZONE }, world.clock.now());
const addOrder = (outTradeNo: string, age = 0) => world.addOrder({ outTradeNo, age, isPrepaid: false });

async function checks(): Promise<{ order_id: number; mchid: string; lane: number; next_check_at: string }[]> {
  return world.pool.query({ sql: 'SELECT * FROM order_checks ORDER BY order_id', dateStrings: true });
}

describe('orders that the shop inserts itself', () => {
  it('get a check: at once where they are older than five seconds, else when they are that old', async () => {
    const old = await addOrder('SWEEP_OLD_0001', 2 * HOUR);
    const young = await addOrder('SWEEP_NEW_0001');
    await sweep();
    const found = await checks();
    expect(found).toMatchObject([
      { order_id: old, mchid: world.mchid, lane: 1 },
      { order_id: young, mchid: world.mchid, lane: 0 },
    ]);
    const dueIn = found.map((check) => (fromUtcText(check.next_check_at) ?? 0) - world.clock.now());
    expect(dueIn[0]).toBeLessThanOrEqual(0);
    expect(dueIn[1]).toBeGreaterThan(2 * SECOND);
    expect(dueIn[1]).toBeLessThanOrEqual(5 * SECOND);
  });

  it('get none when they are credited or closed, or when nobody can be asked about them', async () => {
    const ids = [await addOrder('SWEEP_CREDITED'), await addOrder('SWEEP_CLOSED1'), await addOrder('SWEEP_NOMCHID')];
    const changes = ["credited_at = '2026-11-11'", "closed_at = '2026-11-11'", 'mchid = NULL'];
    for (const [n, change] of changes.entries()) {
      await world.pool.query(`UPDATE payment_orders SET ${change} WHERE id = ?`, [ids[n] ?? 0]);
    }
    await sweep();
    expect(await checks()).toEqual([]);
    expect(counts.all().orders_without_mchid).toBe(1);
  });

  it('are found although they are committed after others with higher ids', async () => {
    const late = await addOrder('SWEEP_LATE_001');
    const first = await addOrder('SWEEP_FIRST_01');
    await world.pool.query('DELETE FROM payment_orders WHERE id = ?', [late]);
    await sweep();
    await world.pool.query(
      `INSERT INTO payment_orders (id, order_no, out_trade_no, user_id, points, mchid) VALUES (?, 'L', 'SWEEP_LATE_001', 1, 1, ?)`,
      [late, world.mchid],
    );
    await sweep();
    expect((await checks()).map((check) => check.order_id)).toEqual([late, first]);
  });

  it('are found by the slow lap where the head has passed them, and the lap begins anew at the end', async () => {
    const id = await addOrder('SWEEP_LAP_0001');
    await writePosition(world.pool, 'sweep.head', id + 1_000_000);
    await sweep();
    expect((await checks()).map((check) => check.order_id)).toEqual([id]);
    expect(await readPosition(world.pool, 'sweep.lap')).toBeLessThan(id + 1);
  });

  it('keep the check they have', async () => {
    await addOrder('SWEEP_TWICE_01', HOUR);
    await sweep();
    await world.pool.query("UPDATE order_checks SET attempts = 7, next_check_at = '2036-01-01'");
    const before = await checks();
    await writePosition(world.pool, 'sweep.head', 0);
    await sweep();
    expect(await checks()).toEqual(before);
  });
});

describe('a check that the previous release has written', () => {
  it('gets merchant and lane of its order, and goes when there is no such order', async () => {
    const id = await addOrder('ADOPT_0000001', HOUR);
    await world.pool.query(
      "INSERT INTO order_checks (order_id, next_check_at) VALUES (?, '2026-11-11'), (999999, '2026-11-11')",
      [id],
    );
    await adoptChecks(world.pool, SHOP_TIME_ZONE, counts, world.clock.now());
    expect(await checks()).toMatchObject([{ order_id: id, mchid: world.mchid, lane: 1 }]);
    expect(await merchantsWithChecks(world.pool)).toEqual([world.mchid]);
  });
});

describe('the cost of a run', () => {
  it('does not follow the rows that are not due', async () => {
    const costOf = async (rows: number): Promise<number> => {
      await insertSettled(rows);
      await writePosition(world.pool, 'sweep.head', Number.MAX_SAFE_INTEGER);
      await world.poll();
      const before = await rowsRead();
      await world.poll();
      return (await rowsRead()) - before;
    };
    const small = await costOf(4_000);
    const large = await costOf(40_000);
    expect(large).toBeLessThanOrEqual(small * 1.2);
  });
});

/** Open orders whose next check is far away. */
async function insertSettled(count: number): Promise<void> {
  const created = '2026-11-11 09:00:00';
  await world.pool.query(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, created_at)
     SELECT CONCAT('C', ?, '_', seq.n), CONCAT('C', ?, '_', seq.n), 1, 1, ?, ?
     FROM (SELECT a.i + 10 * b.i + 100 * c.i + 1000 * d.i + 10000 * e.i AS n
           FROM (${digits}) a, (${digits}) b, (${digits}) c, (${digits}) d, (${digits}) e) seq
     WHERE seq.n < ?`,
    [count, count, world.mchid, created, count],
  );
  await world.pool.query(
    `INSERT INTO order_checks (order_id, mchid, lane, next_check_at)
     SELECT id, mchid, 1, '2036-01-01' FROM payment_orders o WHERE NOT EXISTS (SELECT 1 FROM order_checks c WHERE c.order_id = o.id)`,
  );
}

const digits = Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS i`).join(' UNION ALL ');

/** What the storage engine was asked for, by all connections of the server. */
async function rowsRead(): Promise<number> {
  const rows: { Value: string }[] = await world.pool.query("SHOW GLOBAL STATUS LIKE 'Handler_read%'");
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}
