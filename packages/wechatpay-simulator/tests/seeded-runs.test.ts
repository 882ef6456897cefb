import { describe, expect, it } from 'vitest';
import { FAULT_NAMES } from '../src/faults/fault.ts';
import { openCarefulScene } from './simulated-merchant.ts';

const ORDERS = Array.from({ length: 300 }, (_, index) => `SEEDED_${index}`);
const RATES = {
  lost: 0.1,
  delayed: 0.1,
  doubled: 0.1,
  doubled_at_once: 0.1,
  tampered_body: 0.05,
  tampered_signature: 0.05,
  tampered_tag: 0.05,
  signtest: 0.1,
  lost_first: 0.1,
};

/** Pays all orders in the given order and tells, by order, what was done to it and what came of it. */
async function run(seed: string, orders: readonly string[]) {
  await using scene = await openCarefulScene({ seed, clockStartMs: 0, concurrency: 8 });
  const { simulator, merchant } = scene;
  simulator.setFaultRates({ seed, rates: RATES, maxDelayMs: 60_000, attempts: 1 });
  for (const outTradeNo of orders) {
    simulator.createOrder({ outTradeNo, total: 100 });
    simulator.pay({ outTradeNo });
  }
  await simulator.clock.advance(3_600_000);
  const outcomes = [...orders].sort().map((outTradeNo) => {
    const order = simulator.findOrder(merchant.mchid, outTradeNo);
    const notification = order?.notification;
    const attempts = notification?.attempts.map(({ ms: _, ...attempt }) => attempt);
    return { outTradeNo, id: notification?.id, transactionId: order?.payment?.transactionId, attempts };
  });
  const bodies = scene.receiver.received.map((call) => call.body).sort();
  return { outcomes, bodies, summary: simulator.summary() };
}

describe('two runs with one seed', () => {
  it('have the same faults and the same deliveries, whatever order the payments come in', async () => {
    const first = await run('seed-1', ORDERS);
    const second = await run('seed-1', ORDERS.toReversed());
    expect(second.outcomes).toEqual(first.outcomes);
    expect(second.bodies).toEqual(first.bodies);
    expect(second.summary).toEqual(first.summary);
    for (const name of FAULT_NAMES) expect(first.summary.byFault[name], name).toBeGreaterThan(0);
  });

  it('differ from a run with another seed', async () => {
    const first = await run('seed-1', ORDERS);
    const other = await run('seed-2', ORDERS);
    expect(other.outcomes).not.toEqual(first.outcomes);
  });
});
