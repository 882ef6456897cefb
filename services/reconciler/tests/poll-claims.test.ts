import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createCounts } from '../src/counts.ts';
import { claimOrders } from '../src/poll/claim-orders.ts';
import { runPoll } from '../src/poll/run-poll.ts';
import { createCheckWriter } from '../src/poll/settle-checks.ts';
import { sweepOrders } from '../src/poll/sweep-orders.ts';
import { HOUR, MINUTE, openPollWorld, type PollWorld, SECOND, SHOP_TIME_ZONE } from './poll-world.ts';

let world: PollWorld;
beforeAll(async () => {
  world = await openPollWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  await world.pool.query('DELETE FROM order_checks');
  await world.pool.query("UPDATE payment_orders SET closed_at = '2026-11-11' WHERE closed_at IS NULL");
});

const FRESH = 0;
const BACKLOG = 1;

const sweep = () =>
  sweepOrders({ pool: world.pool, counts: createCounts(), shopTimeZone: SHOP_TIME_ZONE }, world.clock.now());

const claim = async (token: string, limit = 1_000, lane: 0 | 1 = FRESH) => {
  const dueBy = world.clock.now();
  return (await claimOrders(world.pool, { mchid: world.mchid, lane, dueBy, limit, token }, dueBy)).checks;
};

async function addOrders(prefix: string, count: number, age = 10 * SECOND): Promise<number[]> {
  const ids: number[] = [];
  for (let n = 0; n < count; n += 1) {
    ids.push(await world.addOrder({ outTradeNo: `${prefix}_${String(n).padStart(4, '0')}`, age }));
  }
  await sweep();
  return ids;
}

describe('two polls at a time', () => {
  it('never hold the same order, and together hold all', async () => {
    const ids = await addOrders('SHARE_A', 60);
    const claims = await Promise.all(Array.from({ length: 12 }, (_, n) => claim(`share/${n}`, 7)));
    const held = claims.flat().map(({ orderId }) => orderId);
    expect(new Set(held).size).toBe(held.length);
    const rest = await claim('share/rest');
    expect([...held, ...rest.map(({ orderId }) => orderId)].sort((a, b) => a - b)).toEqual(ids);
  });

  it('share the work: every payment is published once', async () => {
    await addOrders('BOTH_B', 40);
    for (let n = 0; n < 40; n += 1) {
      world.simulator.pay({ mchid: world.mchid, outTradeNo: `BOTH_B_${String(n).padStart(4, '0')}` });
    }
    const reports = await Promise.all([world.poll({ onceIdle: true }, { concurrency: 8 }), world.poll()]);
    const published = world.published.filter(({ topic }) => topic === 'payment.confirmed').map(({ key }) => key);
    expect(new Set(published).size).toBe(40);
    expect(published).toHaveLength(40);
    expect(reports.reduce((sum, { counts }) => sum + (counts.paid ?? 0), 0)).toBe(40);
  });
});

describe('a poll that is killed', () => {
  it('loses nothing: what it held is due again when its lease ends, 30 s later, and not before', async () => {
    const [id] = await addOrders('KILLED_C', 1);
    world.simulator.pay({ mchid: world.mchid, outTradeNo: 'KILLED_C_0000' });
    expect(await claim('killed/1')).toHaveLength(1);
    await world.clock.advance(25 * SECOND);
    expect((await world.poll()).counts.asked).toBeUndefined();
    await world.clock.advance(6 * SECOND);
    expect((await world.poll()).counts).toMatchObject({ paid: 1 });
    expect(world.events('payment.confirmed', 'KILLED_C_0000')).toHaveLength(1);
    expect(await world.check(id ?? 0)).toMatchObject({ lease_by: null, attempts: 1 });
  });

  it('and comes back late changes nothing: somebody else holds the order now', async () => {
    const [id = 0] = await addOrders('FENCED_D', 1);
    const [late] = await claim('late/1');
    if (late === undefined) throw new Error('one order was due');
    await world.clock.advance(31 * SECOND);
    expect(await claim('other/1')).toHaveLength(1);
    const held = await world.check(id);
    const counts = createCounts();
    const writer = createCheckWriter({ pool: world.pool, log: world.deps().log, counts });
    const next = { confirmedAt: 1, reportedAt: 1, missingSince: 1, nextCheckAt: 1, lane: BACKLOG, isAttempt: true };
    await writer.settle({ check: late, next: { ...next, lane: BACKLOG } });
    await writer.settle({ check: late, next: 'none' });
    expect(await world.check(id)).toEqual(held);
    expect(counts.all()).toEqual({ fenced_out: 2 });
  });
});

describe('what points makes due while it is asked about', () => {
  it('stays due', async () => {
    const [id = 0] = await addOrders('DUE_NOW_E', 1);
    const [check] = await claim('due/1');
    if (check === undefined) throw new Error('one order was due');
    const dueAt = world.clock.now();
    await world.pool.query('UPDATE order_checks SET next_check_at = ? WHERE order_id = ?', [new Date(dueAt), id]);
    const writer = createCheckWriter({ pool: world.pool, log: world.deps().log, counts: createCounts() });
    const state = { confirmedAt: null, reportedAt: null, missingSince: null, lane: FRESH, isAttempt: true } as const;
    await writer.settle({ check, next: { ...state, nextCheckAt: dueAt + HOUR } });
    expect(await world.check(id)).toMatchObject({ next_check_at: dueAt, lease_by: null, attempts: 1 });
  });
});

describe('a poll that is stopped', () => {
  it('gives back what it holds, due at once, and sends nothing more', async () => {
    const ids = await addOrders('STOPPED_F', 12);
    const rule = world.simulator.addApiFault({
      fault: { kind: 'slow', ms: 700 },
      operations: ['query_by_out_trade_no'],
    });
    const stop = new AbortController();
    const running = runPoll(world.deps({ concurrency: 8 }), { until: world.clock.now() + HOUR }, stop.signal);
    await vi.waitUntil(async () => {
      const rows = await world.pool.query('SELECT 1 FROM order_checks WHERE lease_by IS NOT NULL');
      return rows.length > 0;
    });
    stop.abort(new Error('stopping'));
    expect((await running).outcome).toBe('stopped');
    world.simulator.removeApiFault(rule?.id ?? '');
    for (const id of ids) expect(await world.check(id)).toMatchObject({ lease_by: null });
  });
});

describe('the lanes', () => {
  it('serve the newest due of the fresh lane first, and a fifth of the time the oldest of the backlog', async () => {
    await addOrders('OLD_G', 30, 3 * HOUR);
    const fresh = await addOrders('NEW_G', 30, 20 * SECOND);
    await world.pool.query('UPDATE order_checks SET next_check_at = ? WHERE lane = 1', ['2026-11-01']);
    await world.pool.query(
      'UPDATE order_checks SET next_check_at = ? + INTERVAL order_id SECOND - INTERVAL ? SECOND WHERE lane = 0',
      ['2026-11-11 01:58:00', fresh[0] ?? 0],
    );
    const asked: string[] = [];
    const clients = new Map(
      [...world.clients.byMchid].map(([mchid, client]) => [
        mchid,
        {
          ...client,
          queryOrder: (outTradeNo: string) => {
            asked.push(outTradeNo);
            return client.queryOrder(outTradeNo);
          },
        },
      ]),
    );
    await world.poll({ onceIdle: true }, { clients, concurrency: 10 });
    expect(asked).toHaveLength(60);
    const firstTen = asked.slice(0, 10);
    expect(firstTen.filter((outTradeNo) => outTradeNo.startsWith('OLD_G'))).toHaveLength(2);
    expect(firstTen).toContain('NEW_G_0029');
    expect(firstTen).not.toContain('NEW_G_0000');
  });

  it('lose what has been overdue for half an hour to the backlog', async () => {
    const [id = 0] = await addOrders('STALE_H', 1);
    await world.pool.query('UPDATE order_checks SET next_check_at = ? WHERE order_id = ?', [
      new Date(world.clock.now() - 31 * MINUTE),
      id,
    ]);
    expect((await world.poll()).counts.demoted).toBe(1);
  });
});
