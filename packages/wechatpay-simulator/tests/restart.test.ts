import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSimulator, type Simulator, type SimulatorOptions } from '../src/simulator.ts';
import { callControl } from './control-client.ts';
import { callApi, prepayBody } from './merchant-client.ts';
import { type Received, type Receiver, startReceiver } from './receiver.ts';

const START_MS = Date.parse('2025-07-01T00:00:00Z');
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const keysDir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-keys-'));
let stateDir: string;
let receiver: Receiver;
/** What the receiver answers to the calls to come. */
let answer: (received: Received) => number | 'silence';

beforeAll(async () => {
  receiver = await startReceiver((received) => answer(received));
});
afterAll(async () => {
  rmSync(keysDir, { recursive: true });
  await receiver.close();
});
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), 'wechatpay-simulator-'));
  answer = () => 204;
  receiver.received.length = 0;
  return () => rmSync(stateDir, { recursive: true });
});

/** Runs `use` with a simulator on the test's state, from its start to its stop. */
async function withSimulator<T>(use: (simulator: Simulator) => Promise<T>, options: SimulatorOptions = {}): Promise<T> {
  const common = {
    stateDir,
    keysDir,
    clock: 'manual',
    clockStartMs: START_MS,
    defaultNotifyUrl: receiver.url,
  } as const;
  const simulator = await createSimulator({ ...common, ...options });
  await simulator.listen();
  try {
    return await use(simulator);
  } finally {
    await simulator.close();
  }
}

/** All that the control API shows of the orders, refunds, faults and counts. */
async function lookAt({ controlUrl }: Simulator) {
  const look = async (path: string) => (await callControl(controlUrl, 'GET', path)).json;
  const { orders } = await look('/orders?limit=1000');
  return {
    orders: await Promise.all(orders.map(({ outTradeNo }: { outTradeNo: string }) => look(`/orders/${outTradeNo}`))),
    refund: await look('/refunds/REFUND_1'),
    faults: await look('/faults'),
    apiFaults: await look('/faults/api'),
    outages: await look('/faults/outages'),
    summary: await look('/notifications/summary'),
    clock: await look('/clock'),
  };
}

describe('a simulator with a state directory', () => {
  it('shows the same after a restart: orders, payments, refunds, notifications with attempts, faults, counts, time', async () => {
    const before = await withSimulator(async (simulator) => {
      const { controlUrl, apiUrl, merchants } = simulator;
      const [merchant] = merchants;
      if (merchant === undefined) throw new Error('a simulator has a merchant');
      simulator.setFaultRates({ seed: 'x', rates: { lost: 0.1 }, maxDelayMs: 1, attempts: 1 });
      simulator.addApiFault({ fault: { kind: 'empty_404' }, operations: ['trade_bill'], times: 3 });
      simulator.addOutage({ fromMs: START_MS + DAY_MS, untilMs: START_MS + 2 * DAY_MS, what: 'both', how: 'refuse' });
      const body = prepayBody(merchant, 'PREPAID_1', receiver.url);
      await callApi(apiUrl, '/v3/pay/transactions/native', merchant, { body, nowMs: START_MS });
      for (const outTradeNo of ['PAID_1', 'LOST_1', 'REFUSED_1', 'CLOSED_1']) {
        simulator.createOrder({ outTradeNo, total: 100, attach: '附加' });
      }
      simulator.pay({ outTradeNo: 'PAID_1', faults: [] });
      simulator.pay({ outTradeNo: 'LOST_1', faults: [{ kind: 'lost' }] });
      await simulator.idle();
      answer = () => 500;
      simulator.pay({ outTradeNo: 'REFUSED_1', faults: [{ kind: 'tampered', part: 'tag', attempts: 1 }] });
      await simulator.idle();
      await simulator.clock.advance(MINUTE_MS);
      const refund = { outTradeNo: 'PAID_1', outRefundNo: 'REFUND_1', refund: 40 };
      await callControl(controlUrl, 'POST', '/refunds', refund);
      const close = { body: { mchid: merchant.mchid }, nowMs: simulator.clock.now() };
      await callApi(apiUrl, '/v3/pay/transactions/out-trade-no/CLOSED_1/close', merchant, close);
      return lookAt(simulator);
    });
    const after = await withSimulator((simulator) => lookAt(simulator));
    expect(after).toEqual(before);
    expect(before.summary).toMatchObject({ orders: 5, delivered: 1, lost: 1, pending: 1 });
    expect(before.clock.nowMs).toBe(START_MS + MINUTE_MS);
  });

  it('goes on with the retries where it stopped, with the same notification', async () => {
    answer = () => 500;
    await withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'RETRIED_1', total: 1 });
      simulator.pay({ outTradeNo: 'RETRIED_1' });
      await simulator.idle();
    });
    answer = () => 204;
    await withSimulator(async (simulator) => {
      expect(receiver.received).toHaveLength(1);
      // The first retry of page 4012791861, 15 s after the first send.
      await simulator.clock.advance(14_999);
      expect(receiver.received).toHaveLength(1);
      await simulator.clock.advance(1);
      expect(simulator.summary()).toMatchObject({ delivered: 1, pending: 0, attemptsByStatus: { 204: 1, 500: 1 } });
    });
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
  });

  it('sends what fell due while it was away at once, in the order in which it was due', async () => {
    answer = () => 500;
    await withSimulator(async (simulator) => {
      for (const outTradeNo of ['SECOND_1', 'FIRST_1']) simulator.createOrder({ outTradeNo, total: 1 });
      simulator.pay({ outTradeNo: 'FIRST_1', faults: [] });
      await simulator.idle();
      await simulator.clock.advance(1_000);
      simulator.pay({ outTradeNo: 'SECOND_1', faults: [] });
      await simulator.idle();
    });
    answer = () => 204;
    const sentBefore = receiver.received.length;
    const tomorrow = { clockStartMs: START_MS + DAY_MS, concurrency: 1 };
    const ids = await withSimulator(async (simulator) => {
      await simulator.idle();
      const order = (outTradeNo: string) => simulator.findOrder('1900000001', outTradeNo)?.notification?.id;
      return [order('FIRST_1'), order('SECOND_1')];
    }, tomorrow);
    const sent = receiver.received.slice(sentBefore).map(({ body }) => JSON.parse(body).id);
    expect(sent).toEqual(ids);
  });

  it('settles a refund that was under way, and notifies of it', async () => {
    await withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'REFUNDED_1', total: 100 });
      simulator.pay({ outTradeNo: 'REFUNDED_1' });
      await simulator.idle();
      const url = { url: receiver.url };
      await callControl(simulator.controlUrl, 'PUT', '/refunds/v2-notify-url', url);
      simulator.setRefundFaults('SLOW_1', [{ kind: 'refund_slow', ms: DAY_MS }, { kind: 'refund_closed' }]);
      const refund = { outTradeNo: 'REFUNDED_1', outRefundNo: 'SLOW_1', refund: 1 };
      await callControl(simulator.controlUrl, 'POST', '/refunds', refund);
    });
    await withSimulator(async (simulator) => {
      const status = async () => (await callControl(simulator.controlUrl, 'GET', '/refunds/SLOW_1')).json.status;
      expect(await status()).toBe('PROCESSING');
      await simulator.clock.advance(DAY_MS);
      expect(await status()).toBe('CLOSED');
      expect(receiver.received.at(-1)?.headers['content-type']).toBe('text/xml');
    });
  });

  it('lets the payments come that were planned as faults', async () => {
    await withSimulator(async (simulator) => {
      simulator.setFaults('LATE_1', [{ kind: 'late_payment', ms: 1_000 }]);
      simulator.createOrder({ outTradeNo: 'LATE_1', total: 1, expiresAtMs: START_MS + MINUTE_MS });
      simulator.setFaults('RACED_1', [{ kind: 'close_race', first: 'close', ms: 5_000 }]);
      simulator.createOrder({ outTradeNo: 'RACED_1', total: 1 });
      const [merchant] = simulator.merchants;
      if (merchant === undefined) throw new Error('a simulator has a merchant');
      const close = { body: { mchid: merchant.mchid }, nowMs: START_MS };
      const path = '/v3/pay/transactions/out-trade-no/RACED_1/close';
      expect((await callApi(simulator.apiUrl, path, merchant, close)).status).toBe(204);
    });
    await withSimulator(async (simulator) => {
      const isPaid = (outTradeNo: string) => simulator.findOrder('1900000001', outTradeNo)?.payment !== undefined;
      expect([isPaid('RACED_1'), isPaid('LATE_1')]).toEqual([false, false]);
      await simulator.clock.advance(5_000);
      expect([isPaid('RACED_1'), isPaid('LATE_1')]).toEqual([true, false]);
      await simulator.clock.advance(MINUTE_MS);
      expect(isPaid('LATE_1')).toBe(true);
      expect(simulator.faults().map(({ fault }) => fault)).toEqual(['close_race_close_first', 'late_payment']);
    });
  });

  it('records the answer to a send that was under way when it was told to stop', async () => {
    const asked = Promise.withResolvers<void>();
    const answering = Promise.withResolvers<number>();
    const slow = await startReceiver(() => {
      asked.resolve();
      return answering.promise;
    });
    await withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'UNDER_WAY_1', total: 1, notifyUrl: slow.url });
      simulator.pay({ outTradeNo: 'UNDER_WAY_1' });
      await asked.promise;
      setTimeout(() => answering.resolve(204), 100);
    });
    await withSimulator(async (simulator) => {
      await simulator.idle();
      expect(simulator.summary()).toMatchObject({ delivered: 1, pending: 0 });
    });
    expect(slow.received).toHaveLength(1);
    await slow.close();
  });

  it('is empty after a reset, also at the next start, but goes on with its time and its seed', async () => {
    await withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'FORGOTTEN_1', total: 1 });
      simulator.pay({ outTradeNo: 'FORGOTTEN_1', faults: [{ kind: 'doubled' }] });
      await simulator.idle();
      await simulator.clock.advance(DAY_MS);
      await callControl(simulator.controlUrl, 'POST', '/reset');
      simulator.createOrder({ outTradeNo: 'KEPT_1', total: 1 });
    });
    await withSimulator(async (simulator) => {
      const { orders } = (await callControl(simulator.controlUrl, 'GET', '/orders')).json;
      expect(orders.map(({ outTradeNo }: { outTradeNo: string }) => outTradeNo)).toEqual(['KEPT_1']);
      expect(simulator.faults()).toEqual([]);
      expect(simulator.clock.now()).toBe(START_MS + DAY_MS);
    });
  });

  it('goes on from the time at which it stopped on an accelerated clock, too', async () => {
    const accelerated = { clock: 'accelerated', speed: 3_600 } as const;
    const stoppedMs = await withSimulator(async (simulator) => {
      await vi.waitUntil(() => simulator.clock.now() > START_MS + 60 * MINUTE_MS, { timeout: 10_000 });
      simulator.createOrder({ outTradeNo: 'LATE_ORDER_1', total: 1 });
      return simulator.findOrder('1900000001', 'LATE_ORDER_1')?.createdAtMs ?? 0;
    }, accelerated);
    await withSimulator(
      async (simulator) => expect(simulator.clock.now()).toBeGreaterThanOrEqual(stoppedMs),
      accelerated,
    );
  });
});
