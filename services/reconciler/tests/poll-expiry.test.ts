import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DAY, HOUR, MINUTE, openPollWorld, type PollWorld, SECOND } from './poll-world.ts';

let world: PollWorld;
beforeAll(async () => {
  world = await openPollWorld();
});
afterAll(() => world.close());

/** An order whose time ended a second ago. */
async function addExpired(outTradeNo: string, change: { age?: number; isPrepaid?: boolean } = {}): Promise<number> {
  return world.addOrder({ outTradeNo, age: 10 * MINUTE, expiresAt: world.clock.now() - SECOND, ...change });
}

async function makeDue(orderId: number): Promise<void> {
  await world.pool.query('UPDATE order_checks SET next_check_at = ? WHERE order_id = ?', [
    '2026-11-11 02:00:00.000',
    orderId,
  ]);
}

const tradeStateAtWechat = (outTradeNo: string) => world.simulator.findOrder(world.mchid, outTradeNo)?.closedAtMs;

describe('an order past its end', () => {
  it('is asked about, closed at WeChat Pay, asked about again, and only then published as closed', async () => {
    const id = await addExpired('EXPIRE_UNPAID1');
    expect((await world.poll()).counts).toMatchObject({ closed: 1 });
    expect(tradeStateAtWechat('EXPIRE_UNPAID1')).toBeDefined();
    expect(world.events('payment.closed', 'EXPIRE_UNPAID1')).toMatchObject([
      { trade_state: 'CLOSED', reason: 'expired' },
    ]);
    expect((await world.check(id))?.next_check_at).toBeLessThanOrEqual(world.clock.now() + MINUTE);
  });

  it('is not closed when it was paid in time', async () => {
    await addExpired('EXPIRE_PAID_01');
    world.simulator.pay({ mchid: world.mchid, outTradeNo: 'EXPIRE_PAID_01', late: true });
    await world.poll();
    expect(world.events('payment.confirmed', 'EXPIRE_PAID_01')).toHaveLength(1);
    expect(world.events('payment.closed', 'EXPIRE_PAID_01')).toEqual([]);
  });

  it('is paid, not closed, when the payer was faster than the close', async () => {
    await addExpired('EXPIRE_RACE_01');
    world.simulator.setFaults('EXPIRE_RACE_01', [{ kind: 'close_race', first: 'payment' }]);
    await world.poll();
    expect(world.events('payment.confirmed', 'EXPIRE_RACE_01')).toHaveLength(1);
    expect(world.events('payment.closed', 'EXPIRE_RACE_01')).toEqual([]);
  });

  it('that WeChat Pay does not know is closed by a second look an hour later, not by the first', async () => {
    const id = await addExpired('EXPIRE_MISSING', { isPrepaid: false });
    await world.poll();
    expect(world.events('payment.closed', 'EXPIRE_MISSING')).toEqual([]);
    expect((await world.check(id))?.missing_since).not.toBeNull();
    await world.clock.advance(30 * MINUTE);
    await world.poll();
    expect(world.events('payment.closed', 'EXPIRE_MISSING')).toEqual([]);
    await world.clock.advance(31 * MINUTE);
    expect((await world.poll()).counts).toMatchObject({ given_up: 1 });
    expect(world.events('payment.closed', 'EXPIRE_MISSING')).toMatchObject([
      { trade_state: 'ORDER_NOT_EXIST', reason: 'expired' },
    ]);
  });

  it('is not closed for being unknown before its end', async () => {
    const id = await world.addOrder({
      outTradeNo: 'UNKNOWN_YET_01',
      isPrepaid: false,
      expiresAt: world.clock.now() + 3 * HOUR,
    });
    await world.clock.advance(10 * SECOND);
    await world.poll();
    await world.clock.advance(2 * HOUR);
    await world.poll();
    expect(world.events('payment.closed', 'UNKNOWN_YET_01')).toEqual([]);
    expect((await world.check(id))?.missing_since).toBeNull();
  });

  it('and older than seven days, which WeChat Pay will not close, is closed on its NOTPAY', async () => {
    const id = await world.addOrder({ outTradeNo: 'NOTPAY_OLD_001' });
    await world.clock.advance(7 * DAY - MINUTE);
    await world.poll();
    expect(world.events('payment.closed', 'NOTPAY_OLD_001')).toEqual([]);
    await world.clock.advance(2 * MINUTE);
    await makeDue(id);
    await world.poll();
    expect(world.events('payment.closed', 'NOTPAY_OLD_001')).toMatchObject([{ trade_state: 'NOTPAY' }]);
  });
});

describe('an answer that is none', () => {
  it.each([
    ['rate_limited', { kind: 'error', code: 'FREQUENCY_LIMITED' }],
    ['server_error', { kind: 'error', code: 'SYSTEM_ERROR' }],
    ['accepted', { kind: 'accepted_202' }],
    ['not_wechatpay', { kind: 'html_404' }],
    ['untrusted', { kind: 'unsigned' }],
    ['network', { kind: 'cut' }],
  ] as const)('(%s) closes nothing and credits nothing', async (reason, fault) => {
    const outTradeNo = `NO_ANSWER_${reason}`;
    const id = await addExpired(outTradeNo);
    await world.poll();
    world.published.length = 0;
    await world.pool.query("UPDATE order_checks SET missing_since = '2026-11-01' WHERE order_id = ?", [id]);
    await makeDue(id);
    const rule = world.simulator.addApiFault({ fault, outTradeNo, operations: ['query_by_out_trade_no'] });
    const { counts } = await world.poll();
    world.simulator.removeApiFault(rule?.id ?? '');
    expect(counts).toMatchObject({ [`unavailable_${reason}`]: 1 });
    expect(world.published).toEqual([]);
    expect(await world.check(id)).toMatchObject({ lease_by: null });
  });
});
