import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { nameOfApiFault } from '../src/faults/api-fault.ts';
import { FAULT_NAMES } from '../src/faults/fault.ts';
import { PAYMENT_FAULT_NAMES, REFUND_FAULT_NAMES } from '../src/faults/order-fault.ts';
import { createSimulator } from '../src/simulator.ts';
import { API_FAULTS, runBusiness } from './business-run.ts';
import { openStrictScene } from './strict-merchant.ts';

const ORDERS = Array.from({ length: 300 }, (_, index) => `SEEDED_${index}`);
/** Whether a callback is overtaken depends on which others there are, so that kind is not drawn here. */
const DRAWN_NAMES = FAULT_NAMES.filter((name) => name !== 'out_of_order');
const RATES = Object.fromEntries(DRAWN_NAMES.map((name) => [name, 0.9 / DRAWN_NAMES.length]));
const BUSINESS_ORDERS = 300;

/** Pays all orders in the given order and tells, by order, what was done to it and what came of it. */
async function run(seed: string, orders: readonly string[]) {
  await using scene = await openStrictScene({ seed, clockStartMs: 0, concurrency: 8 });
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
  it('have the same faults and the same deliveries, whatever order the payments come in, and another seed others', async () => {
    const first = await run('seed-1', ORDERS);
    const second = await run('seed-1', ORDERS.toReversed());
    expect(second.outcomes).toEqual(first.outcomes);
    expect(second.bodies).toEqual(first.bodies);
    expect(second.summary).toEqual(first.summary);
    for (const name of DRAWN_NAMES) expect(first.summary.byFault[name], name).toBeGreaterThan(0);
    const other = await run('seed-2', ORDERS);
    expect(other.outcomes).not.toEqual(first.outcomes);
  });
});

describe('two whole businesses with one seed and a hand-driven clock', () => {
  it('are the same, record by record: calls, faults of every kind, callbacks, in their sequence', async () => {
    const first = await runBusiness('seed-1', BUSINESS_ORDERS);
    const second = await runBusiness('seed-1', BUSINESS_ORDERS);
    for (const [index, record] of first.faults.entries())
      expect(second.faults[index], `fault ${index}`).toEqual(record);
    expect(second.faults).toHaveLength(first.faults.length);
    expect(second.calls).toEqual(first.calls);
    expect(second.arrivals).toEqual(first.arrivals);
    expect(second.summary).toEqual(first.summary);

    const happened = new Set(first.faults.map(({ fault }) => fault));
    const apiFaults = API_FAULTS.map((fault) => nameOfApiFault(fault));
    for (const name of [...FAULT_NAMES, ...PAYMENT_FAULT_NAMES, ...REFUND_FAULT_NAMES, ...apiFaults, 'outage']) {
      expect(happened, `no ${name}`).toContain(name);
    }
    expect(first.summary.pending).toBe(0);
  });

  it('differ when the seeds do', async () => {
    const first = await runBusiness('seed-1', 40);
    const other = await runBusiness('seed-2', 40);
    expect(other.faults).not.toEqual(first.faults);
  });
});

/** Answers after a different time in each run: 500 to the first two sends of a notification, then 204. */
async function openUnevenReceiver() {
  const sends = new Map<string, number>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { id } = JSON.parse(Buffer.concat(chunks).toString('utf8'));
      const count = (sends.get(id) ?? 0) + 1;
      sends.set(id, count);
      setTimeout(() => response.writeHead(count > 2 ? 204 : 500).end(), Math.random() * 6);
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/callback`, close: () => server.close() };
}

/** Many payments at one instant, sent 64 at a time, with every kind of callback fault by rate. */
async function runCrowd(seed: string) {
  const receiver = await openUnevenReceiver();
  const simulator = await createSimulator({ seed, clock: 'manual', clockStartMs: 0, defaultNotifyUrl: receiver.url });
  await simulator.listen();
  try {
    const rates = Object.fromEntries(FAULT_NAMES.map((name) => [name, 0.9 / FAULT_NAMES.length]));
    simulator.setFaultRates({ seed, rates, maxDelayMs: 60_000, attempts: 1 });
    for (const outTradeNo of ORDERS) simulator.createOrder({ outTradeNo, total: 100 });
    for (const outTradeNo of ORDERS) simulator.pay({ outTradeNo });
    for (let step = 0; step < 20; step += 1) await simulator.clock.advance(15_000);
    return { faults: simulator.faults(), summary: simulator.summary() };
  } finally {
    await simulator.close();
    receiver.close();
  }
}

describe('two crowds of payments with one seed, sent side by side', () => {
  it('have the same faults in the same sequence, whichever is answered first', async () => {
    const first = await runCrowd('seed-1');
    const second = await runCrowd('seed-1');
    expect(first.faults.length).toBeGreaterThan(ORDERS.length / 2);
    for (const [index, record] of first.faults.entries())
      expect(second.faults[index], `fault ${index}`).toEqual(record);
    expect(second.faults).toHaveLength(first.faults.length);
    expect(second.summary).toEqual(first.summary);
  });
});
