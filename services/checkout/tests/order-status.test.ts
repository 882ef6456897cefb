import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';
import { readEvents } from './events.ts';
import { expectInvariantsHold, makeOrder, pay } from './order-steps.ts';

/** A payer who looks at the page: what comes later is as good as lost. */
const WITHIN_SECONDS = 5_000;

let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld();
  await world.startPoints();
});
afterAll(() => world?.stop());

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${world.operationsUrl}/metrics`)).text();
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

/** The events of an order, as the payer's page gets them. */
async function follow(outTradeNo: string, signal?: AbortSignal): Promise<Response> {
  return fetch(`${world.url}/v1/orders/${outTradeNo}/events`, {
    headers: { authorization: `Bearer ${world.apiKey}` },
    ...(signal === undefined ? {} : { signal }),
  });
}

describe('whoever waits for a payment whose callback is lost', () => {
  it('sees it credited within seconds, by long-poll', async () => {
    await makeOrder(world, 'LONG_POLL_1');
    const waiting = world.api.call('GET /v1/orders/LONG_POLL_1?wait=30');
    await vi.waitUntil(async () => (await metric('payguard_checkout_waiters')) === 1);
    const paidAt = performance.now();
    pay(world, 'LONG_POLL_1');
    const { json } = await waiting;
    expect(json).toMatchObject({ status: 'paid', final: true, credited_at: expect.any(String), points: 100 });
    expect(performance.now() - paidAt).toBeLessThan(WITHIN_SECONDS);
    expect(await metric('payguard_checkout_waiters')).toBe(0);
  });

  it('sees it by events, which end with the final one', async () => {
    await makeOrder(world, 'EVENTS_1');
    const seen: unknown[] = [];
    let paidAt = Number.POSITIVE_INFINITY;
    for await (const { event, data } of readEvents(await follow('EVENTS_1'))) {
      world.api.expectSchema('PaymentOrder', data);
      seen.push([event, data.status]);
      if (data.status !== 'pending') continue;
      paidAt = performance.now();
      pay(world, 'EVENTS_1');
    }
    expect(performance.now() - paidAt).toBeLessThan(WITHIN_SECONDS);
    expect(seen).toEqual([
      ['status', 'pending'],
      ['status', 'paid'],
    ]);
  });

  it('sees it by asking again and again, too', async () => {
    await makeOrder(world, 'ASKS_AGAIN_1');
    pay(world, 'ASKS_AGAIN_1');
    const isPaid = async () => (await world.api.call('GET /v1/orders/ASKS_AGAIN_1')).json.status === 'paid';
    await vi.waitUntil(isPaid, { timeout: WITHIN_SECONDS, interval: 200 });
  });

  it('is credited once, whoever else saw it', async () => {
    await expectInvariantsHold(world);
  });
});

describe('many who wait', () => {
  it('cost WeChat Pay one question in two seconds for one order', async () => {
    await makeOrder(world, 'CROWD_1');
    // Harmless, and on the list of faults each time.
    world.simulator.addApiFault({
      operations: ['query_by_out_trade_no'],
      outTradeNo: 'CROWD_1',
      fault: { kind: 'slow', ms: 1 },
    });
    const startedAt = performance.now();
    await Promise.all(Array.from({ length: 20 }, () => world.api.call('GET /v1/orders/CROWD_1?wait=5')));
    const seconds = (performance.now() - startedAt) / 1_000;
    const asked = world.simulator.faults({ outTradeNo: 'CROWD_1' }).length;
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(1 + seconds / 2);
  });

  it('are all told of one payment', async () => {
    await makeOrder(world, 'CROWD_2');
    const waiting = Array.from({ length: 20 }, () => world.api.call('GET /v1/orders/CROWD_2?wait=30'));
    await vi.waitUntil(async () => (await metric('payguard_checkout_waiters')) === 20);
    pay(world, 'CROWD_2');
    const told = await Promise.all(waiting);
    expect(told.map(({ json }) => json.status)).toEqual(Array(20).fill('paid'));
  });
});

describe('an order', () => {
  it('is answered at the end of the wait when nothing happened', async () => {
    await makeOrder(world, 'UNPAID_1');
    const startedAt = performance.now();
    const { json } = await world.api.call('GET /v1/orders/UNPAID_1?wait=1');
    expect(json).toMatchObject({ status: 'pending', final: false, credited_at: null, refunds: [] });
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1_000);
  });

  it('is not waited for any more when the caller is gone', async () => {
    await makeOrder(world, 'GONE_1');
    const gone = new AbortController();
    const stream = await follow('GONE_1', gone.signal);
    const poll = world.api.call('GET /v1/orders/GONE_1?wait=60', { signal: gone.signal });
    await vi.waitUntil(async () => (await metric('payguard_checkout_waiters')) === 2);
    gone.abort();
    await expect(poll).rejects.toThrow();
    await stream.body?.cancel().catch(() => undefined);
    await vi.waitUntil(async () => (await metric('payguard_checkout_waiters')) === 0);
  });

  it.each(['GET /v1/orders/NOBODYS_1', 'GET /v1/orders/NOBODYS_1/refunds/R1'])(
    'nobody made is 404: %s',
    async (call) => {
      expect(await world.api.call(call)).toMatchObject({ status: 404, json: { field: 'out_trade_no' } });
    },
  );

  it.each([['wait=61'], ['wait=x'], ['unknown=1']])('cannot be asked for with %s', async (query) => {
    expect((await world.api.call(`GET /v1/orders/UNPAID_1?${query}`)).status).toBe(400);
  });
});

describe('a stop', () => {
  it('answers those who wait at once, and ends streams', async () => {
    await makeOrder(world, 'STOP_1');
    const poll = world.api.call('GET /v1/orders/STOP_1?wait=60');
    const events = readEvents(await follow('STOP_1'));
    expect((await events.next()).value).toMatchObject({ data: { status: 'pending' } });
    await vi.waitUntil(async () => (await metric('payguard_checkout_waiters')) === 2);
    const startedAt = performance.now();
    const stopped = world.stopCheckout();
    expect((await poll).json).toMatchObject({ status: 'pending' });
    expect((await events.next()).done).toBe(true);
    await stopped;
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
