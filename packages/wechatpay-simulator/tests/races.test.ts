import { describe, expect, it } from 'vitest';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { openResource } from './open-notification.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

// Close, ORDER_PAID and "SUCCESS seen after closing is paid": facts §3.2 (page 4012791860); refund results: facts §3.4.

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const WEEK_MS = 7 * 24 * 3_600_000;

function openRaceScene() {
  return openScene(() => 204, { clockStartMs: START_MS });
}

function notified(scene: Scene) {
  return scene.receiver.received.map((call) => openResource(call.body, scene.merchant.apiV3Key));
}

function told(scene: Scene, target: 'payment' | 'refund') {
  return scene.simulator.faults({ target }).map(({ atMs, fault, outTradeNo }) => [fault, outTradeNo, atMs - START_MS]);
}

describe('a payment that races the close', () => {
  it('lands first: the close finds a paid order, and the payment is notified', async () => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'RACED_1');
    scene.simulator.setFaults('RACED_1', [{ kind: 'close_race', first: 'payment' }]);
    expect(await shop.close('RACED_1')).toMatchObject({ status: 400, json: { code: 'ORDER_PAID' } });
    expect((await shop.query('RACED_1')).json).toMatchObject({ trade_state: 'SUCCESS' });
    await scene.simulator.idle();
    expect(notified(scene)).toMatchObject([{ out_trade_no: 'RACED_1', trade_state: 'SUCCESS' }]);
    expect(told(scene, 'payment')).toEqual([['close_race_payment_first', 'RACED_1', 0]]);
  });

  it('comes after a close that succeeded: CLOSED first, SUCCESS after so many ms', async () => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'RACED_1');
    scene.simulator.setFaults('RACED_1', [{ kind: 'close_race', first: 'close', ms: 2_500 }]);
    expect((await shop.close('RACED_1')).status).toBe(204);
    await scene.simulator.clock.advance(2_499);
    expect((await shop.query('RACED_1')).json).toMatchObject({ trade_state: 'CLOSED' });
    expect((await shop.close('RACED_1')).status).toBe(204);
    await scene.simulator.clock.advance(1);
    expect((await shop.query('RACED_1')).json).toMatchObject({ trade_state: 'SUCCESS' });
    expect(notified(scene)).toHaveLength(1);
    expect(told(scene, 'payment')).toEqual([['close_race_close_first', 'RACED_1', 2_500]]);
  });

  it('does not race when the order is not closed', async () => {
    await using scene = await openRaceScene();
    await new MerchantCalls(scene).prepay('native', 'NOT_CLOSED');
    scene.simulator.setFaults('NOT_CLOSED', [{ kind: 'close_race', first: 'payment' }]);
    await scene.simulator.clock.advance(WEEK_MS);
    expect(notified(scene)).toEqual([]);
    expect(told(scene, 'payment')).toEqual([]);
  });

  it('is notified with the faults that are set with the race', async () => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'RACED_1');
    scene.simulator.setFaults('RACED_1', [{ kind: 'close_race', first: 'payment' }, { kind: 'lost' }]);
    await shop.close('RACED_1');
    await scene.simulator.idle();
    expect(notified(scene)).toEqual([]);
    expect(scene.simulator.faults().map(({ target, fault }) => [target, fault])).toEqual([
      ['callback', 'lost'],
      ['payment', 'close_race_payment_first'],
    ]);
  });
});

describe('a payment after time_expire', () => {
  const expiry = { time_expire: '2025-07-12T01:57:19+08:00' };
  const LIFE_MS = 3_600_000;

  it('comes without anybody paying, so many ms after it', async () => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    scene.simulator.setFaults('LATE_ONE', [{ kind: 'late_payment', ms: 5_000 }]);
    await shop.prepay('native', 'LATE_ONE', expiry);
    await scene.simulator.clock.advance(LIFE_MS + 4_999);
    expect((await shop.query('LATE_ONE')).json).toMatchObject({ trade_state: 'NOTPAY' });
    await scene.simulator.clock.advance(1);
    expect((await shop.query('LATE_ONE')).json).toMatchObject({
      trade_state: 'SUCCESS',
      success_time: '2025-07-12T01:57:24+08:00',
    });
    expect(notified(scene)).toHaveLength(1);
    expect(told(scene, 'payment')).toEqual([['late_payment', 'LATE_ONE', LIFE_MS + 5_000]]);
  });

  it('can be set for an order that exists, closed or not, and comes all the same', async () => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'LATE_ONE', expiry);
    await callControl(scene.simulator.controlUrl, 'POST', '/faults/LATE_ONE', {
      faults: [{ kind: 'late_payment', ms: 1_000 }],
    });
    expect((await shop.close('LATE_ONE')).status).toBe(204);
    await scene.simulator.clock.advance(LIFE_MS + 1_000);
    expect((await shop.query('LATE_ONE')).json).toMatchObject({ trade_state: 'SUCCESS' });
  });

  it('does not come twice, or to an order that is paid by then', async () => {
    await using scene = await openRaceScene();
    const { simulator } = scene;
    simulator.createOrder({ outTradeNo: 'PAID_BEFORE', total: 1, expiresAtMs: START_MS + LIFE_MS });
    simulator.setFaults('PAID_BEFORE', [{ kind: 'late_payment', ms: 1 }]);
    simulator.setFaults('PAID_BEFORE', [{ kind: 'late_payment', ms: 1 }]);
    simulator.pay({ outTradeNo: 'PAID_BEFORE' });
    await simulator.clock.advance(WEEK_MS);
    expect(notified(scene)).toHaveLength(1);
    expect(told(scene, 'payment')).toEqual([]);
  });

  it('does not come when the fault has been taken back', async () => {
    await using scene = await openRaceScene();
    const { simulator } = scene;
    simulator.setFaults('TAKEN_BACK', [{ kind: 'late_payment', ms: 1 }]);
    simulator.createOrder({ outTradeNo: 'TAKEN_BACK', total: 1, expiresAtMs: START_MS + LIFE_MS });
    simulator.setFaults('TAKEN_BACK', []);
    await simulator.clock.advance(WEEK_MS);
    expect(notified(scene)).toEqual([]);
  });

  it('comes to the orders that a rate draws, made after it was set', async () => {
    await using scene = await openRaceScene();
    const { simulator } = scene;
    simulator.setFaultRates({ seed: 's', rates: { late_payment: 0.5 }, maxDelayMs: 1_000, attempts: 1 });
    for (let index = 0; index < 40; index += 1) {
      simulator.createOrder({ outTradeNo: `DRAWN_${index}`, total: 1, expiresAtMs: START_MS + LIFE_MS });
    }
    await simulator.clock.advance(LIFE_MS + 1_000);
    const paid = told(scene, 'payment').length;
    expect(paid).toBeGreaterThan(10);
    expect(paid).toBeLessThan(30);
    expect(notified(scene)).toHaveLength(paid);
  });
});

describe('a refund', () => {
  it.each([
    ['refund_abnormal', 'ABNORMAL'],
    ['refund_closed', 'CLOSED'],
  ] as const)('with the fault %s ends %s, and is notified so', async (kind, status) => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('REFUNDED');
    scene.simulator.setFaults('REFUNDED', [{ kind }]);
    await shop.refund('REFUNDED', 'REFUND_1', 30, { notify_url: scene.receiver.url });
    expect((await shop.queryRefund('REFUND_1')).json).toMatchObject({ status: 'PROCESSING' });
    await scene.simulator.clock.advance(3_000);
    expect((await shop.queryRefund('REFUND_1')).json).toMatchObject({ status });
    expect(notified(scene)).toMatchObject([{ out_refund_no: 'REFUND_1', refund_status: status }]);
    expect(scene.simulator.faults({ outRefundNo: 'REFUND_1' })).toEqual([
      {
        ...{ atMs: START_MS, target: 'refund', mchid: scene.merchant.mchid, outTradeNo: 'REFUNDED' },
        ...{ outRefundNo: 'REFUND_1', fault: kind, detail: `settles ${status} 3000 ms after the request` },
      },
    ]);
  });

  it('that is slow settles when it is said to, whichever way', async () => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('REFUNDED');
    scene.simulator.setRefundFaults('REFUND_1', [{ kind: 'refund_slow', ms: 3_600_000 }, { kind: 'refund_abnormal' }]);
    await shop.refund('REFUNDED', 'REFUND_1', 30);
    await scene.simulator.clock.advance(3_599_999);
    expect((await shop.queryRefund('REFUND_1')).json).toMatchObject({ status: 'PROCESSING' });
    await scene.simulator.clock.advance(1);
    expect((await shop.queryRefund('REFUND_1')).json).toMatchObject({ status: 'ABNORMAL' });
  });

  it('after the one that the fault of its order befell goes well', async () => {
    await using scene = await openRaceScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('REFUNDED');
    scene.simulator.setFaults('REFUNDED', [{ kind: 'refund_closed' }]);
    await shop.refund('REFUNDED', 'REFUND_1', 30);
    await shop.refund('REFUNDED', 'REFUND_1', 30);
    await scene.simulator.clock.advance(60_000);
    await shop.refund('REFUNDED', 'REFUND_2', 30);
    await scene.simulator.clock.advance(60_000);
    const statuses = [await shop.queryRefund('REFUND_1'), await shop.queryRefund('REFUND_2')].map(
      ({ json }) => json.status,
    );
    expect(statuses).toEqual(['CLOSED', 'SUCCESS']);
  });

  it('cannot be set to end in two ways', async () => {
    await using scene = await openRaceScene();
    const faults = [{ kind: 'refund_abnormal' }, { kind: 'refund_closed' }];
    const answer = await callControl(scene.simulator.controlUrl, 'POST', '/faults/REFUNDED', { faults });
    expect(answer).toMatchObject({ status: 400, json: { error: expect.stringContaining('ends in one of them') } });
  });
});
