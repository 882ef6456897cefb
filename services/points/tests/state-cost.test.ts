import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { expect, it } from 'vitest';
import { addHistory, addPaidOrders } from './fill-state.ts';
import { MCHID } from './order-fixtures.ts';
import { MINUTE, NOW, openStateWorld } from './state-world.ts';

const PAID = [10_000, 100_000];
/** Rows of every other table, a tenth of that. */
const HISTORY = PAID.map((orders) => orders / 10);
const RECENT = 200;
const DAY = 24 * 60 * MINUTE;
const MAX_GROWTH = 1.1;

type World = Awaited<ReturnType<typeof openStateWorld>>;

it('a look at the state costs the same beside 10,000 and 100,000 paid orders', async () => {
  const world = await openStateWorld();
  const { pool } = world;
  const reads: number[] = [];
  try {
    await world.insert('alert_channels', [{ channel: 'channel1', lease_until: utcText(NOW) }]);
    await addPaidOrders(pool, { from: 0, to: RECENT }, NOW - 5 * MINUTE);
    for (const [n, to] of PAID.entries()) {
      await addPaidOrders(pool, { from: PAID[n - 1] ?? RECENT, to }, NOW - 30 * DAY);
      await addHistory(pool, { from: HISTORY[n - 1] ?? 0, to: HISTORY[n] ?? 0 }, NOW);
      reads.push(await countReads(world));
    }
    expect((await world.values('payguard_orders_paid_recent'))[`${MCHID} missing`]).toBe(RECENT);
  } finally {
    await world.drop();
  }
  console.log(`a look at the state beside ${PAID.join(' and ')} paid orders: ${reads.join(' and ')} reads`);
  const [few = 0, many = 0] = reads;
  expect(many / few).toBeLessThanOrEqual(MAX_GROWTH);
});

/** Handler_read_* of one connection during one look: rows and index entries looked at. */
async function countReads(world: World): Promise<number> {
  await world.pool.query(
    'ANALYZE TABLE payment_orders, order_checks, job_runs, callback_probes, alert_notices, refunds, mismatches, shop_notifications',
  );
  const connection = await world.pool.getConnection();
  try {
    const before = await handlerReads(connection);
    await world.refresh(NOW, connection);
    return (await handlerReads(connection)) - before;
  } finally {
    await connection.release();
  }
}

async function handlerReads(connection: DatabaseConnection): Promise<number> {
  const rows: { Value: string }[] = await connection.query("SHOW SESSION STATUS LIKE 'Handler_read%'");
  return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
}
