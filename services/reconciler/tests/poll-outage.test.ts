import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runPoll } from '../src/poll/run-poll.ts';
import { HOUR, openPollWorld, type PollWorld, SECOND } from './poll-world.ts';

let world: PollWorld;
beforeAll(async () => {
  world = await openPollWorld();
});
afterAll(() => world.close());

const orderNo = (prefix: string, n: number) => `${prefix}_${String(n).padStart(4, '0')}`;

async function addOrders(prefix: string, count: number, change: { mchid?: string; age?: number } = {}) {
  for (let n = 0; n < count; n += 1) {
    await world.addOrder({ outTradeNo: orderNo(prefix, n), age: 10 * SECOND, ...change });
  }
}

/** Runs a poll until `seen`, then stops it. */
async function pollUntil(seen: () => boolean | Promise<boolean>): Promise<Record<string, number>> {
  const stop = new AbortController();
  const running = runPoll(world.deps(), { until: world.clock.now() + 10 * HOUR }, stop.signal);
  await vi.waitUntil(seen, { timeout: 20_000, interval: 20 });
  stop.abort(new Error('seen enough'));
  return (await running).counts;
}

/** However often each was published: a clock that leaps ends leases early. */
const paidOrders = () =>
  new Set(world.published.filter(({ topic }) => topic === 'payment.confirmed').map(({ key }) => key)).size;

describe('an outage of WeChat Pay', () => {
  it('uses up no attempts, closes nothing, and everything paid is found when it is over', async () => {
    const COUNT = 60;
    await addOrders('OUTAGE', COUNT);
    for (let n = 0; n < COUNT; n += 1) world.simulator.pay({ mchid: world.mchid, outTradeNo: orderNo('OUTAGE', n) });
    const outage = world.simulator.addOutage({
      fromMs: world.clock.now(),
      untilMs: world.clock.now() + 10 * HOUR,
      what: 'api',
      how: 'unavailable',
    });
    const stop = new AbortController();
    const running = runPoll(world.deps(), { until: world.clock.now() + 10 * HOUR }, stop.signal);
    const attempts = async (): Promise<number> => {
      const rows: { sum: string | number | null }[] = await world.pool.query(
        'SELECT SUM(attempts) AS sum FROM order_checks',
      );
      return Number(rows[0]?.sum ?? 0);
    };
    const probes = () => world.simulator.faults({}).length;
    await vi.waitUntil(() => probes() >= COUNT, { timeout: 20_000 });
    // Two hours in steps: a probe every few seconds is all that goes out.
    for (let step = 0; step < 12; step += 1) {
      const before = probes();
      await world.clock.advance(10 * 60 * SECOND);
      await vi.waitUntil(() => probes() > before, { timeout: 20_000, interval: 20 });
    }
    expect(await attempts()).toBeLessThan(COUNT);
    expect(world.published).toEqual([]);
    world.simulator.removeOutage(outage?.id ?? '');
    await vi.waitUntil(
      async () => {
        await world.clock.advance(20 * SECOND);
        return paidOrders() >= COUNT;
      },
      { timeout: 40_000, interval: 500 },
    );
    stop.abort(new Error('done'));
    await running;
    expect(world.published.map(({ topic }) => topic)).not.toContain('payment.closed');
  });

  it('of one merchant does not hold up another', async () => {
    await addOrders('MINE', 20);
    await addOrders('YOURS', 20, { mchid: world.otherMchid });
    const rule = world.simulator.addApiFault({ fault: { kind: 'hang' }, mchid: world.mchid, effect: 'before' });
    const before = paidOrders();
    for (let n = 0; n < 20; n += 1) world.simulator.pay({ mchid: world.otherMchid, outTradeNo: orderNo('YOURS', n) });
    await pollUntil(() => paidOrders() - before >= 20);
    world.simulator.removeApiFault(rule?.id ?? '');
  });
});

describe('a merchant whose key WeChat Pay refuses', () => {
  it('is asked for ever more rarely, and its orders stay open and due', async () => {
    await world.pool.query('DELETE FROM order_checks');
    await world.pool.query("UPDATE payment_orders SET closed_at = '2026-11-11' WHERE closed_at IS NULL");
    await addOrders('REFUSED', 30);
    const rule = world.simulator.addApiFault({ fault: { kind: 'error', code: 'SIGN_ERROR' }, mchid: world.mchid });
    const { counts } = await world.poll();
    world.simulator.removeApiFault(rule?.id ?? '');
    expect(counts.refused).toBeGreaterThan(0);
    expect(counts.pauses).toBe(1);
    expect(world.published.filter(({ key }) => key?.includes('REFUSED'))).toEqual([]);
    const rows: { n: number }[] = await world.pool.query(
      'SELECT COUNT(*) AS n FROM order_checks WHERE lease_by IS NULL AND attempts = 0',
    );
    expect(rows[0]?.n).toBe(30);
  });
});
