import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR, MINUTE, openPollWorld, type PollWorld, SECOND } from './poll-world.ts';

let world: PollWorld;
beforeAll(async () => {
  world = await openPollWorld();
});
afterAll(() => world.close());

describe('a payment whose callback is lost', () => {
  it('is found by asking and published once acknowledged, as the query said it', async () => {
    const id = await world.addOrder({ outTradeNo: 'POLL_PAID_0001', age: 10 * SECOND, amount: 880 });
    world.simulator.pay({ mchid: world.mchid, outTradeNo: 'POLL_PAID_0001' });
    const report = await world.poll();
    expect(report).toMatchObject({ outcome: 'ended', counts: { swept: 1, claimed: 1, asked: 1, paid: 1 } });
    expect(world.events('payment.confirmed', 'POLL_PAID_0001')).toMatchObject([
      { witness: 'query', mchid: world.mchid, amount_total: 880, currency: 'CNY' },
    ]);
    const check = await world.check(id);
    expect(check).toMatchObject({ attempts: 1, lease_by: null, lane: 0 });
    expect(check?.confirmed_at).toBeGreaterThan(world.clock.now() - MINUTE);
    expect(check?.next_check_at).toBe((check?.confirmed_at ?? 0) + MINUTE);
  });

  it('is asked about again when the broker did not take it, and its next check does not move on as if it had', async () => {
    const id = await world.addOrder({ outTradeNo: 'POLL_PAID_0002', age: 10 * SECOND });
    world.simulator.pay({ mchid: world.mchid, outTradeNo: 'POLL_PAID_0002' });
    world.publisher.result = { kind: 'timed_out' };
    expect((await world.poll()).counts).toMatchObject({ not_published: 1 });
    world.publisher.result = { kind: 'acknowledged' };
    expect(await world.check(id)).toMatchObject({ confirmed_at: null, lease_by: null });
    await world.clock.advance(10 * SECOND);
    await world.poll();
    expect(world.events('payment.confirmed', 'POLL_PAID_0002')).toHaveLength(1);
  });
});

describe('an unpaid order', () => {
  it('is asked again after a quarter of its age while somebody waits, more rarely later, and changes lane then', async () => {
    const ages = [8 * SECOND, 100 * SECOND, 40 * MINUTE, 3 * HOUR];
    const ids: number[] = [];
    for (const age of ages) ids.push(await world.addOrder({ outTradeNo: `POLL_UNPAID_${age}`, age }));
    const before = world.clock.now();
    await world.poll();
    const checks = await Promise.all(ids.map((id) => world.check(id)));
    const waits = checks.map((check) => (check?.next_check_at ?? 0) - before);
    const expected = [5 * SECOND, 25 * SECOND, 5 * MINUTE, 30 * MINUTE];
    for (const [n, wait] of waits.entries()) expect(wait).toBeGreaterThanOrEqual((expected[n] ?? 0) - SECOND);
    for (const [n, wait] of waits.entries()) expect(wait).toBeLessThan((expected[n] ?? 0) + 5 * SECOND);
    expect(checks.map((check) => check?.lane)).toEqual([0, 0, 1, 1]);
    expect(checks.map((check) => check?.attempts)).toEqual([1, 1, 1, 1]);
  });

  it('is asked about again right after its end, when that comes before its next check', async () => {
    const expiresAt = world.clock.now() + 3 * MINUTE;
    const id = await world.addOrder({ outTradeNo: 'POLL_ENDS_SOON', age: HOUR, expiresAt });
    await world.poll();
    expect((await world.check(id))?.next_check_at).toBe(expiresAt + SECOND);
  });
});

describe('an order that nobody needs to ask about', () => {
  it('loses a check that was left behind when it is credited or closed, without a request', async () => {
    const credited = await world.addOrder({ outTradeNo: 'POLL_CREDITED_1', age: MINUTE });
    const closed = await world.addOrder({ outTradeNo: 'POLL_CLOSED_1', age: MINUTE });
    for (const id of [credited, closed]) await addCheck(id);
    await world.pool.query('UPDATE payment_orders SET credited_at = ? WHERE id = ?', ['2026-11-11 02:00:00', credited]);
    await world.pool.query('UPDATE payment_orders SET closed_at = ? WHERE id = ?', ['2026-11-11 02:00:00', closed]);
    const { counts } = await world.poll();
    expect(counts.asked).toBeUndefined();
    expect([await world.check(credited), await world.check(closed)]).toEqual([undefined, undefined]);
  });

  it('waits while its refund is under way or its payment is held for a person', async () => {
    const refunding = await world.addOrder({ outTradeNo: 'POLL_REFUNDING', age: MINUTE });
    const held = await world.addOrder({ outTradeNo: 'POLL_HELD_0001', age: MINUTE });
    for (const id of [refunding, held]) await addCheck(id);
    await world.pool.query('UPDATE payment_orders SET credited_at = ? WHERE id = ?', [
      '2026-11-11 02:00:00',
      refunding,
    ]);
    await world.pool.query(
      `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, next_check_at, created_at, updated_at)
       VALUES (?, ?, 'R_POLL_1', 10, 'PROCESSING', '2036-01-01', '2026-01-01', '2026-01-01')`,
      [refunding, world.mchid],
    );
    await world.pool.query('UPDATE payment_orders SET closed_at = ? WHERE id = ?', ['2026-11-11 02:00:00', held]);
    await world.pool.query(
      `INSERT INTO parked_events (mchid, out_trade_no, event_key, reason, event, kafka_topic, kafka_partition,
                                  kafka_offset, parked_at, next_check_at)
       VALUES (?, 'POLL_HELD_0001', 'k', 'late_payment_review', '{}', 'payment.confirmed', 0, 0, '2026-01-01', '2026-01-01')`,
      [world.mchid],
    );
    const { counts } = await world.poll();
    expect(counts.asked).toBeUndefined();
    for (const id of [refunding, held]) {
      expect((await world.check(id))?.next_check_at).toBeGreaterThan(world.clock.now() + 4 * MINUTE);
    }
  });
});

async function addCheck(orderId: number): Promise<void> {
  await world.pool.query('INSERT INTO order_checks (order_id, mchid, lane, next_check_at) VALUES (?, ?, 0, ?)', [
    orderId,
    world.mchid,
    '2026-11-11 02:00:00.000',
  ]);
}
