import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, vi } from 'vitest';
import type { Simulator } from '../src/simulator.ts';
import { STATE_FILE_NAME } from '../src/state/open-state.ts';
import { callControl } from './control-client.ts';
import { merchantOf, START_MS, useKeptWorld } from './kept-world.ts';
import { callApi, prepayBody } from './merchant-client.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const world = useKeptWorld();

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
  it('takes no amount in process that its file could not be read back with', async () => {
    await world.withSimulator(async (simulator) => {
      expect(() => simulator.createOrder({ outTradeNo: 'FRACTION_1', total: 1.5 })).toThrow('number of fen');
      simulator.createOrder({ outTradeNo: 'FRACTION_2', total: 100 });
      expect(() => simulator.pay({ outTradeNo: 'FRACTION_2', coupon: 0.5 })).toThrow('number of fen');
    });
    await world.withSimulator(async ({ findOrder, merchants }) => {
      expect(findOrder(merchants[0]?.mchid ?? '', 'FRACTION_1')).toBeUndefined();
    });
  });

  it('shows the same after a restart: orders, payments, refunds, notifications with attempts, faults, counts, time', async () => {
    const before = await world.withSimulator(async (simulator) => {
      const { controlUrl, apiUrl } = simulator;
      const merchant = merchantOf(simulator);
      simulator.setFaultRates({ seed: 'x', rates: { lost: 0.1 }, maxDelayMs: 1, attempts: 1 });
      simulator.addApiFault({ fault: { kind: 'empty_404' }, operations: ['trade_bill'], times: 3 });
      simulator.addOutage({ fromMs: START_MS + DAY_MS, untilMs: START_MS + 2 * DAY_MS, what: 'both', how: 'refuse' });
      const body = prepayBody(merchant, 'PREPAID_1', world.receiver.url);
      await callApi(apiUrl, '/v3/pay/transactions/native', merchant, { body, nowMs: START_MS });
      for (const outTradeNo of ['PAID_1', 'LOST_1', 'REFUSED_1', 'CLOSED_1']) {
        simulator.createOrder({ outTradeNo, total: 100, attach: '附加' });
      }
      simulator.pay({ outTradeNo: 'PAID_1', faults: [] });
      simulator.pay({ outTradeNo: 'LOST_1', faults: [{ kind: 'lost' }] });
      await simulator.idle();
      world.answer = 500;
      simulator.pay({ outTradeNo: 'REFUSED_1', faults: [{ kind: 'tampered', part: 'tag', attempts: 1 }] });
      await simulator.idle();
      await simulator.clock.advance(MINUTE_MS);
      const refund = { outTradeNo: 'PAID_1', outRefundNo: 'REFUND_1', refund: 40 };
      await callControl(controlUrl, 'POST', '/refunds', refund);
      const close = { body: { mchid: merchant.mchid }, nowMs: simulator.clock.now() };
      await callApi(apiUrl, '/v3/pay/transactions/out-trade-no/CLOSED_1/close', merchant, close);
      return lookAt(simulator);
    });
    const after = await world.withSimulator((simulator) => lookAt(simulator));
    expect(after).toEqual(before);
    expect(before.summary).toMatchObject({ orders: 5, delivered: 1, lost: 1, pending: 1 });
    expect(before.clock.nowMs).toBe(START_MS + MINUTE_MS);
  });

  it('is empty after a reset, also at the next start, but goes on with its time and its seed', async () => {
    await world.withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'FORGOTTEN_1', total: 1 });
      simulator.pay({ outTradeNo: 'FORGOTTEN_1', faults: [{ kind: 'doubled' }] });
      await simulator.idle();
      await simulator.clock.advance(DAY_MS);
      await callControl(simulator.controlUrl, 'POST', '/reset');
      simulator.createOrder({ outTradeNo: 'KEPT_1', total: 1 });
    });
    await world.withSimulator(async (simulator) => {
      const { orders } = (await callControl(simulator.controlUrl, 'GET', '/orders')).json;
      expect(orders.map(({ outTradeNo }: { outTradeNo: string }) => outTradeNo)).toEqual(['KEPT_1']);
      expect(simulator.faults()).toEqual([]);
      expect(simulator.clock.now()).toBe(START_MS + DAY_MS);
    });
  });

  it('promises nothing that it cannot keep: no answer but 500, no callback, while it cannot write', async () => {
    await world.withSimulator(async () => undefined);
    const database = new DatabaseSync(join(world.stateDir, STATE_FILE_NAME));
    database.exec(
      `CREATE TRIGGER worn_out BEFORE UPDATE ON orders BEGIN SELECT RAISE(ABORT, 'the disk is worn out'); END`,
    );
    database.close();
    const simulator = await world.start();
    const merchant = merchantOf(simulator);
    const kept = await callControl(simulator.controlUrl, 'POST', '/orders', { outTradeNo: 'KEPT_1', total: 1 });
    expect(kept.status).toBe(201);
    const refused = await callControl(simulator.controlUrl, 'POST', '/orders/KEPT_1/pay');
    expect(refused).toMatchObject({ status: 500, json: { error: expect.stringContaining('the disk is worn out') } });
    const query = '/v3/pay/transactions/out-trade-no/KEPT_1?mchid=1900000001';
    const answer = await callApi(simulator.apiUrl, query, merchant, { nowMs: START_MS });
    expect(answer).toMatchObject({ status: 500, json: { code: 'SYSTEM_ERROR' } });
    await simulator.idle();
    expect(world.receiver.received).toEqual([]);
    const [attempt] = simulator.findOrder('1900000001', 'KEPT_1')?.notification?.attempts ?? [];
    expect(attempt?.error).toContain('the disk is worn out');
    await expect(simulator.close()).rejects.toThrow('the disk is worn out');
    await world.withSimulator(async (again) =>
      expect(again.findOrder('1900000001', 'KEPT_1')?.payment).toBeUndefined(),
    );
  });

  it('goes on from the time at which it stopped on an accelerated clock, too', async () => {
    const accelerated = { clock: 'accelerated', speed: 3_600 } as const;
    const stoppedMs = await world.withSimulator(async (simulator) => {
      await vi.waitUntil(() => simulator.clock.now() > START_MS + 60 * MINUTE_MS, { timeout: 10_000 });
      simulator.createOrder({ outTradeNo: 'LATE_ORDER_1', total: 1 });
      return simulator.findOrder('1900000001', 'LATE_ORDER_1')?.createdAtMs ?? 0;
    }, accelerated);
    await world.withSimulator(
      async (simulator) => expect(simulator.clock.now()).toBeGreaterThanOrEqual(stoppedMs),
      accelerated,
    );
  });
});
