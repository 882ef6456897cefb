import { systemClock } from '@payguard/shared/clock/clock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { spendOnePoint } from '../../../packages/local/src/load/spend-points.ts';
import type { Announcement } from '../src/announcements.ts';
import { applyRound } from '../src/apply-round.ts';
import { joinParkedEvents } from '../src/join-parked-events.ts';
import type { OrderEvent, ReceivedEvent } from '../src/order-event.ts';
import type { PointsSettings } from '../src/settings.ts';
import { closed, confirmed, decision, refunded, transactionOf } from './order-fixtures.ts';
import { addOrders, addUsers, expectInvariantsHold, openPointsDatabase, received } from './points-database.ts';

let points: Awaited<ReturnType<typeof openPointsDatabase>>;

beforeAll(async () => {
  points = await openPointsDatabase();
  await addUsers(points.pool, [1, 2, 3, 4, 5], 100);
});

afterAll(() => points.drop());

const tell = (mismatches: Announcement[]) => points.deps.announcer.publish(mismatches);

function apply(events: ReceivedEvent[]) {
  return applyRound(points.pool, { events, alsoOrders: [] }, points.deps.settings, systemClock, tell);
}

async function balanceOf(userId: number): Promise<number> {
  const rows: { points: number }[] = await points.pool.query('SELECT points FROM users WHERE id = ?', [userId]);
  return rows[0]?.points ?? Number.NaN;
}

async function orderRow(outTradeNo: string): Promise<Record<string, unknown>> {
  const rows: Record<string, unknown>[] = await points.pool.query(
    { sql: 'SELECT * FROM payment_orders WHERE out_trade_no = ?', dateStrings: true },
    [outTradeNo],
  );
  return rows[0] ?? {};
}

describe('a round of events', () => {
  it("writes the incident's order as the shop and as payguard need it", async () => {
    const order = { outTradeNo: 'RECHARGE_ORDER17522530522711786', userId: 1, amountTotal: 10_000, points: 1_000 };
    await addOrders(points.pool, [order]);
    const result = await apply(
      received(confirmed(order, 'callback', { transaction_id: '4200002740202507127224774049' })),
    );
    expect(await orderRow(order.outTradeNo)).toMatchObject({
      payment_status: 'paid',
      transaction_id: '4200002740202507127224774049',
      payment_time: '2025-07-12 00:57:19',
      notify_time: '2025-07-12 00:57:20',
      trade_state: 'SUCCESS',
      closed_at: null,
    });
    expect(await balanceOf(1)).toBe(1_100);
    expect(result.announcements.map((each) => [each.topic, JSON.parse(each.value)])).toMatchObject([
      ['points.credited', { user_id: 1, points: 1_000, balance_after: 1_100, repaired: false, witness: 'callback' }],
    ]);
    await expectInvariantsHold(points.pool);
  });

  it('announces a credit again only for the record that made it', async () => {
    const order = { outTradeNo: 'ANNOUNCE_0001', userId: 2, amountTotal: 100, points: 10 };
    await addOrders(points.pool, [order]);
    const [first, second] = received(confirmed(order), confirmed(order, 'query'));
    if (first === undefined || second === undefined) throw new Error('two events');
    expect((await apply([first, second])).announcements).toHaveLength(1);
    const again = await apply([second, first]);
    expect(again.announcements.map((each) => each.headers.ce_id)).toEqual([`credit:1900000109:${order.outTradeNo}`]);
    expect((await apply([second])).announcements).toEqual([]);
    expect(await balanceOf(2)).toBe(110);
  });

  it('keeps events of an order that does not exist, and applies them when it appears', async () => {
    const order = { outTradeNo: 'APPEARS_LATER1', userId: 3, amountTotal: 200, points: 20 };
    await apply(received(refunded(order, 'R-LATER', 100), closed(order), confirmed(order), confirmed(order)));
    await joinParkedEvents(points.deps);
    expect(await balanceOf(3)).toBe(100);
    await addOrders(points.pool, [order]);
    await joinParkedEvents(points.deps);
    expect(await balanceOf(3)).toBe(110);
    expect(points.published.map((record) => record.topic)).toContain('points.credited');
    const left = await points.pool.query('SELECT * FROM parked_events WHERE out_trade_no = ?', [order.outTradeNo]);
    expect(left).toEqual([]);
    await expectInvariantsHold(points.pool);
  });

  it('announces what a crash left applied but untold', async () => {
    const order = { outTradeNo: 'CRASHED_THERE1', userId: 3, amountTotal: 200, points: 20 };
    await apply(received(confirmed(order)));
    await addOrders(points.pool, [order]);
    // The crash: committed, and the process gone before it published.
    await applyRound(
      points.pool,
      { events: [], alsoOrders: [{ mchid: '1900000109', out_trade_no: order.outTradeNo }] },
      points.deps.settings,
      { now: () => systemClock.now() - 60_000 },
      tell,
    );
    points.published.length = 0;
    await joinParkedEvents(points.deps);
    expect(points.published.map((record) => record.headers.ce_id)).toEqual([`credit:1900000109:${order.outTradeNo}`]);
    await joinParkedEvents(points.deps);
    expect(points.published).toHaveLength(1);
  });

  it('applies nothing when its mismatch cannot be told, and tells it with the next try', async () => {
    const order = { outTradeNo: 'MISMATCH_UNTOLD', userId: 3, amountTotal: 200, points: 20 };
    await addOrders(points.pool, [order]);
    const round = { events: received(closed(order), confirmed(order)), alsoOrders: [] };
    const told: Announcement[] = [];
    const refuse = () => Promise.reject(new Error('Kafka is away'));
    await expect(applyRound(points.pool, round, points.deps.settings, systemClock, refuse)).rejects.toThrow('away');
    expect(await orderRow(order.outTradeNo)).toMatchObject({ payment_status: 'pending', credited_at: null });
    await applyRound(points.pool, round, points.deps.settings, systemClock, async (records) => {
      told.push(...records);
    });
    expect(told.map((record) => JSON.parse(record.value).kind)).toEqual(['paid_after_close']);
    await expectInvariantsHold(points.pool);
  });

  it('lets two refunds of one user take no more than the balance holds', async () => {
    await addUsers(points.pool, [77]);
    const orders = ['REFUND_ONE_USER1', 'REFUND_ONE_USER2'].map((outTradeNo) => ({
      outTradeNo,
      userId: 77,
      amountTotal: 100,
      points: 10,
    }));
    await addOrders(points.pool, orders);
    await apply(received(...orders.map((order) => confirmed(order))));
    await points.pool.query('UPDATE users SET points = 15 WHERE id = 77');
    await points.pool.query(
      "INSERT INTO point_transactions (user_id, type, amount, balance_after) VALUES (77, 'consume', -5, 15)",
    );
    await apply(received(...orders.map((order) => refunded(order, `R-${order.outTradeNo}`, 100))));
    expect(await balanceOf(77)).toBe(5);
    await expectInvariantsHold(points.pool);
  });

  it('holds a payment of a closed order with a check ahead, and credits it when a person decides so', async () => {
    const order = { outTradeNo: 'HELD_ORDER_0001', userId: 5, amountTotal: 300, points: 30 };
    await addOrders(points.pool, [order]);
    const settings: PointsSettings = {
      ...points.deps.settings,
      policies: new Map([['1900000109', { latePayment: 'review', allowNegativeBalance: false, orderPrefixes: [] }]]),
    };
    const play = (event: OrderEvent) =>
      applyRound(points.pool, { events: received(event), alsoOrders: [] }, settings, systemClock, tell);
    await play(closed(order));
    await play(confirmed(order));
    const checks = await points.pool.query(
      'SELECT c.order_id FROM order_checks c JOIN payment_orders o ON o.id = c.order_id WHERE o.out_trade_no = ?',
      [order.outTradeNo],
    );
    expect(checks).toHaveLength(1);
    await play(decision(order, 'credit'));
    expect(await orderRow(order.outTradeNo)).toMatchObject({ payment_status: 'paid', closed_at: null });
    await expectInvariantsHold(points.pool);
  });

  it('goes on with the other parked orders when one can never be applied', async () => {
    const [poisoned, good] = ['PARKED_POISON_1', 'PARKED_GOOD_01'].map((outTradeNo) => ({
      outTradeNo,
      userId: outTradeNo.includes('POISON') ? 4242 : 2,
      amountTotal: 300,
      points: 30,
    }));
    if (poisoned === undefined || good === undefined) throw new Error('two orders');
    await apply(received(confirmed(poisoned), confirmed(good)));
    await addOrders(points.pool, [poisoned, good]);
    await joinParkedEvents(points.deps);
    expect((await orderRow(good.outTradeNo)).credited_at).not.toBeNull();
    const left = await points.pool.query('SELECT reason FROM parked_events WHERE out_trade_no = ?', [
      poisoned.outTradeNo,
    ]);
    expect(left).toEqual([{ reason: 'cannot_apply' }]);
  });

  it('reports an event nobody has an order for after ten minutes, once', async () => {
    const order = { outTradeNo: 'NOBODY_KNOWS_1', amountTotal: 200 };
    await applyRound(
      points.pool,
      { events: received(confirmed(order)), alsoOrders: [] },
      points.deps.settings,
      {
        now: () => systemClock.now() - 11 * 60_000,
      },
      tell,
    );
    points.published.length = 0;
    await joinParkedEvents(points.deps);
    await joinParkedEvents(points.deps);
    expect(points.published.map((record) => JSON.parse(String(record.value)))).toMatchObject([
      { kind: 'unknown_order', out_trade_no: order.outTradeNo, transaction_id: transactionOf(order), state: 'open' },
    ]);
  });

  it('takes the order out of the polling when it is final', async () => {
    const order = { outTradeNo: 'POLLED_ORDER_1', userId: 4, amountTotal: 300, points: 30 };
    await addOrders(points.pool, [order]);
    await points.pool.query(
      "INSERT INTO order_checks (order_id, next_check_at) SELECT id, '2025-01-01' FROM payment_orders WHERE out_trade_no = ?",
      [order.outTradeNo],
    );
    await apply(received(confirmed(order)));
    expect(await points.pool.query('SELECT * FROM order_checks')).toEqual([]);
  });

  it('credits hundreds of orders of few users with the right running balance', async () => {
    const orders = Array.from({ length: 400 }, (_, n) => ({
      outTradeNo: `MANY_${String(n).padStart(6, '0')}`,
      userId: (n % 5) + 1,
      amountTotal: 100 + n,
      points: n,
    }));
    await addOrders(points.pool, orders);
    const result = await apply(received(...orders.flatMap((order) => [confirmed(order), confirmed(order, 'query')])));
    expect(result.announcements).toHaveLength(400);
    await expectInvariantsHold(points.pool);
  });
});

describe('two points and a shop at the same time', () => {
  it('break no invariant on the same users', async () => {
    const orders = Array.from({ length: 300 }, (_, n) => ({
      outTradeNo: `CONCURRENT_${String(n).padStart(5, '0')}`,
      userId: (n % 5) + 1,
      amountTotal: 100,
      points: 7,
    }));
    await addOrders(points.pool, orders);
    const events = orders.flatMap((order) =>
      received(confirmed(order), confirmed(order, 'query'), refunded(order, `R${order.outTradeNo}`, 30)),
    );
    const pods = [0, 1, 2].map(async (pod) => {
      const mine = shuffled(events, pod);
      for (let start = 0; start < mine.length; start += 50) await untilDone(() => apply(mine.slice(start, start + 50)));
    });
    await Promise.all([...pods, spend(1), spend(2), spend(3)]);
    await expectInvariantsHold(points.pool);
    const counted: { credited: number }[] = await points.pool.query(
      "SELECT COUNT(*) AS credited FROM payment_orders WHERE out_trade_no LIKE 'CONCURRENT%' AND credited_at IS NOT NULL AND points_taken = 2",
    );
    expect(counted[0]?.credited).toBe(300);
  });
});

async function spend(userId: number): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) await untilDone(() => spendOnePoint(points.pool, userId));
}

/** A deadlock is an expected answer of the database to both sides; whoever is its victim tries again. */
async function untilDone<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (err) {
      const isDeadlock = err instanceof Error && 'errno' in err && err.errno === 1213;
      if (!isDeadlock || attempt === 20) throw err;
    }
  }
}

/** The same order for the same seed. */
function shuffled<T>(items: readonly T[], seed: number): T[] {
  const keyed = items.map((item, n) => ({ item, key: Math.sin((n + 1) * 9301 + seed * 49297) }));
  return keyed.sort((a, b) => a.key - b.key).map((each) => each.item);
}
