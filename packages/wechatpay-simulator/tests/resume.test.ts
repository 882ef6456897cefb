import { describe, expect, it } from 'vitest';
import { callControl } from './control-client.ts';
import { merchantOf, START_MS, useKeptWorld } from './kept-world.ts';
import { callApi } from './merchant-client.ts';
import { startReceiver } from './receiver.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const world = useKeptWorld();

describe('after a restart a simulator', () => {
  it('goes on with the retries where it stopped, with the same notification', async () => {
    world.answer = 500;
    await world.withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'RETRIED_1', total: 1 });
      simulator.pay({ outTradeNo: 'RETRIED_1' });
      await simulator.idle();
    });
    world.answer = 204;
    await world.withSimulator(async (simulator) => {
      expect(world.receiver.received).toHaveLength(1);
      // The first retry of page 4012791861, 15 s after the first send.
      await simulator.clock.advance(14_999);
      expect(world.receiver.received).toHaveLength(1);
      await simulator.clock.advance(1);
      expect(simulator.summary()).toMatchObject({ delivered: 1, pending: 0, attemptsByStatus: { 204: 1, 500: 1 } });
    });
    const [first, second] = world.receiver.received;
    expect(second?.body).toBe(first?.body);
  });

  it('sends what fell due while it was away at once, in the order in which it was due', async () => {
    world.answer = 500;
    await world.withSimulator(async (simulator) => {
      for (const outTradeNo of ['SECOND_1', 'FIRST_1']) simulator.createOrder({ outTradeNo, total: 1 });
      simulator.pay({ outTradeNo: 'FIRST_1', faults: [] });
      await simulator.idle();
      await simulator.clock.advance(1_000);
      simulator.pay({ outTradeNo: 'SECOND_1', faults: [] });
      await simulator.idle();
    });
    world.answer = 204;
    const sentBefore = world.receiver.received.length;
    const tomorrow = { clockStartMs: START_MS + DAY_MS, concurrency: 1 };
    const ids = await world.withSimulator(async (simulator) => {
      await simulator.idle();
      const order = (outTradeNo: string) => simulator.findOrder('1900000001', outTradeNo)?.notification?.id;
      return [order('FIRST_1'), order('SECOND_1')];
    }, tomorrow);
    const sent = world.receiver.received.slice(sentBefore).map(({ body }) => JSON.parse(body).id);
    expect(sent).toEqual(ids);
  });

  it('settles a refund that was under way, and notifies of it', async () => {
    await world.withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'REFUNDED_1', total: 100 });
      simulator.pay({ outTradeNo: 'REFUNDED_1' });
      await simulator.idle();
      const url = { url: world.receiver.url };
      await callControl(simulator.controlUrl, 'PUT', '/refunds/v2-notify-url', url);
      simulator.setRefundFaults('SLOW_1', [{ kind: 'refund_slow', ms: DAY_MS }, { kind: 'refund_closed' }]);
      const refund = { outTradeNo: 'REFUNDED_1', outRefundNo: 'SLOW_1', refund: 1 };
      await callControl(simulator.controlUrl, 'POST', '/refunds', refund);
    });
    await world.withSimulator(async (simulator) => {
      const status = async () => (await callControl(simulator.controlUrl, 'GET', '/refunds/SLOW_1')).json.status;
      expect(await status()).toBe('PROCESSING');
      await simulator.clock.advance(DAY_MS);
      expect(await status()).toBe('CLOSED');
      expect(world.receiver.received.at(-1)?.headers['content-type']).toBe('text/xml');
    });
  });

  it('lets the payments come that were planned as faults', async () => {
    await world.withSimulator(async (simulator) => {
      simulator.setFaults('LATE_1', [{ kind: 'late_payment', ms: 1_000 }]);
      simulator.createOrder({ outTradeNo: 'LATE_1', total: 1, expiresAtMs: START_MS + MINUTE_MS });
      simulator.setFaults('RACED_1', [{ kind: 'close_race', first: 'close', ms: 5_000 }]);
      simulator.createOrder({ outTradeNo: 'RACED_1', total: 1 });
      const merchant = merchantOf(simulator);
      const close = { body: { mchid: merchant.mchid }, nowMs: START_MS };
      const path = '/v3/pay/transactions/out-trade-no/RACED_1/close';
      expect((await callApi(simulator.apiUrl, path, merchant, close)).status).toBe(204);
    });
    await world.withSimulator(async (simulator) => {
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
    await world.withSimulator(async (simulator) => {
      simulator.createOrder({ outTradeNo: 'UNDER_WAY_1', total: 1, notifyUrl: slow.url });
      simulator.pay({ outTradeNo: 'UNDER_WAY_1' });
      await asked.promise;
      setTimeout(() => answering.resolve(204), 100);
    });
    await world.withSimulator(async (simulator) => {
      await simulator.idle();
      expect(simulator.summary()).toMatchObject({ delivered: 1, pending: 0 });
    });
    expect(slow.received).toHaveLength(1);
    await slow.close();
  });
});
