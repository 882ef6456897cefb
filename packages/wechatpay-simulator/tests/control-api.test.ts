import { createPublicKey } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { callControl } from './control-client.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

function control(scene: Scene, method: 'GET' | 'POST' | 'PUT', path: string, body?: unknown) {
  return callControl(scene.simulator.controlUrl, method, path, body);
}

describe('the control API', () => {
  it('creates, pays and lists an order with its attempts', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: 0 });
    const created = await control(scene, 'POST', '/orders', { outTradeNo: 'CONTROL_1', total: 500 });
    expect(created).toMatchObject({ status: 201, json: { tradeState: 'NOTPAY', total: 500, transactionId: null } });

    const payment = { transactionId: '4200002740202507127224774049', successTime: '2025-07-12T00:57:19+08:00' };
    const paid = await control(scene, 'POST', '/orders/CONTROL_1/pay', { mchid: scene.merchant.mchid, ...payment });
    expect(paid).toMatchObject({
      status: 200,
      json: { tradeState: 'SUCCESS', successTime: '2025-07-11T16:57:19.000Z' },
    });

    await scene.simulator.idle();
    const order = await control(scene, 'GET', '/orders/CONTROL_1');
    expect(order.json).toMatchObject({
      transactionId: payment.transactionId,
      notification: { state: 'delivered', nextAttemptAt: null, attempts: [{ number: 1, status: 204, sent: true }] },
    });
  });

  it('creates and pays in bulk, and names each order it refuses', async () => {
    await using scene = await openScene();
    const orders = Array.from({ length: 50 }, (_, index) => ({ outTradeNo: `BULK_${index}`, total: 1 }));
    expect((await control(scene, 'POST', '/orders', { orders })).json).toEqual({ created: 50, refused: [] });
    const payments = [...orders.map(({ outTradeNo }) => ({ outTradeNo })), { outTradeNo: 'UNKNOWN_1' }];
    const paid = await control(scene, 'POST', '/pay', { orders: payments, concurrency: 4 });
    expect(paid.json).toMatchObject({ paid: 50, refused: [{ outTradeNo: 'UNKNOWN_1' }] });
    await scene.simulator.idle();
    const summary = await control(scene, 'GET', '/notifications/summary');
    expect(summary.json).toEqual({
      orders: 50,
      pending: 0,
      delivered: 50,
      givenUp: 0,
      lost: 0,
      attemptsByStatus: { 204: 50 },
      byFault: {},
    });
  });

  it('pages through the orders', async () => {
    await using scene = await openScene();
    const orders = Array.from({ length: 5 }, (_, index) => ({ outTradeNo: `PAGE_${index}_`, total: 1 }));
    await control(scene, 'POST', '/orders', { orders });
    const first = await control(scene, 'GET', '/orders?limit=3');
    expect(first.json).toMatchObject({ orders: [{ outTradeNo: 'PAGE_0_' }, {}, {}], next: 3 });
    const rest = await control(scene, 'GET', `/orders?limit=3&after=${first.json.next}`);
    expect(rest.json).toMatchObject({ orders: [{ outTradeNo: 'PAGE_3_' }, { outTradeNo: 'PAGE_4_' }], next: null });
  });

  it('takes faults ahead of the payment, by order and by rate, and lists what happened', async () => {
    await using scene = await openScene(() => 204, { clockStartMs: 0 });
    await control(scene, 'PUT', '/faults/rates', { seed: 's', rates: { lost: 1 } });
    await control(scene, 'POST', '/faults/AHEAD_1', { faults: [{ kind: 'doubled' }] });
    for (const outTradeNo of ['AHEAD_1', 'BY_RATE_1', 'NO_FAULT_1']) {
      await control(scene, 'POST', '/orders', { outTradeNo, total: 1 });
    }
    await control(scene, 'POST', '/orders/AHEAD_1/pay');
    await control(scene, 'POST', '/orders/BY_RATE_1/pay', {});
    await control(scene, 'POST', '/orders/NO_FAULT_1/pay', { faults: [] });
    await scene.simulator.idle();
    expect(scene.receiver.received).toHaveLength(3);
    const { json } = await control(scene, 'GET', '/faults');
    expect(json.rates).toMatchObject({ seed: 's', rates: { lost: 1 } });
    const listed = json.faults.map(({ outTradeNo, fault }: Record<string, string>) => `${outTradeNo} ${fault}`);
    expect(listed.sort()).toEqual(['AHEAD_1 doubled', 'BY_RATE_1 lost']);
  });

  it('moves the clock and answers when what fell due has been answered', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 500 : 204), { clockStartMs: 0 });
    await control(scene, 'POST', '/orders', { outTradeNo: 'ADVANCE_1', total: 1 });
    await control(scene, 'POST', '/orders/ADVANCE_1/pay');
    const moved = await control(scene, 'POST', '/clock/advance', { ms: 15_000 });
    expect(moved.json).toEqual({ mode: 'manual', now: '1970-01-01T00:00:15.000Z', nowMs: 15_000, speed: 0 });
    expect(scene.simulator.summary().delivered).toBe(1);
  });

  it('makes waiting retries due now', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 500 : 204));
    await control(scene, 'POST', '/orders', { outTradeNo: 'HURRY_1', total: 1 });
    await control(scene, 'POST', '/orders/HURRY_1/pay');
    await scene.simulator.idle();
    expect((await control(scene, 'POST', '/notifications/redeliver-now')).json).toEqual({ hurried: 1 });
    await scene.simulator.idle();
    expect(scene.simulator.summary().delivered).toBe(1);
  });

  it('forgets everything but the keys at a reset', async () => {
    await using scene = await openScene(() => 500);
    await control(scene, 'PUT', '/faults/rates', { seed: 's', rates: { doubled: 1 } });
    await control(scene, 'POST', '/orders', { outTradeNo: 'FORGET_1', total: 1 });
    await control(scene, 'POST', '/orders/FORGET_1/pay');
    expect((await control(scene, 'POST', '/reset')).status).toBe(204);
    const sentBefore = scene.receiver.received.length;
    await scene.simulator.clock.advance(24 * 3_600_000);
    expect(scene.receiver.received).toHaveLength(sentBefore);
    expect((await control(scene, 'GET', '/orders/FORGET_1')).status).toBe(404);
    expect((await control(scene, 'GET', '/faults')).json).toMatchObject({ rates: null, faults: [] });
    expect((await control(scene, 'GET', '/notifications/summary')).json).toMatchObject({ orders: 0, pending: 0 });
  });

  it('gives all that a gateway needs to be set up', async () => {
    await using scene = await openScene();
    const { json } = await control(scene, 'GET', '/merchants');
    const [merchant] = json.merchants;
    expect(merchant).toMatchObject({
      mchid: '1900000001',
      appid: expect.stringMatching(/^wx/),
      serialNo: expect.stringMatching(/^[0-9A-F]{40}$/),
      apiV3Key: expect.stringMatching(/^[\x21-\x7e]{32}$/),
      platform: { serial: expect.stringMatching(/^[0-9A-F]{40}$/) },
      publicKey: { id: expect.stringMatching(/^PUB_KEY_ID_\d+$/) },
    });
    for (const pem of [merchant.platform.publicKeyPem, merchant.publicKey.publicKeyPem]) {
      expect(createPublicKey(pem).asymmetricKeyDetails?.modulusLength).toBe(2048);
    }
  });

  it.each([
    ['POST', '/orders', { outTradeNo: 'abc', total: 1 }, 400, 'outTradeNo'],
    ['POST', '/orders', { outTradeNo: 'ABCDEF', total: 0 }, 400, 'total'],
    ['POST', '/orders', { outTradeNo: 'ABCDEF', total: 1, mchid: '1' }, 404, 'mchid'],
    ['POST', '/orders/UNKNOWN_1/pay', {}, 404, 'out_trade_no'],
    ['POST', '/orders/UNKNOWN_1/pay', { faults: [{ kind: 'eaten' }] }, 400, 'faults.0'],
    ['POST', '/faults/ORDER_1', { faults: [{ kind: 'lost' }, { kind: 'lost' }] }, 400, 'faults'],
    ['PUT', '/faults/rates', { seed: 's', rates: { lost: 0.6, doubled: 0.6 } }, 400, 'rates'],
    ['PUT', '/faults/rates', { seed: 's', rates: { losst: 0.6 } }, 400, 'rates'],
    ['POST', '/clock/advance', { ms: -1 }, 400, 'ms'],
  ] as const)('refuses %s %s %j in one sentence that names the field', async (method, path, body, status, field) => {
    await using scene = await openScene();
    const answer = await control(scene, method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.json.error).toContain(field);
    expect(answer.json.error).toMatch(/^[^\n]+\.$/);
  });

  it('pays an order once', async () => {
    await using scene = await openScene();
    await control(scene, 'POST', '/orders', { outTradeNo: 'ONLY_ONCE', total: 1 });
    await control(scene, 'POST', '/orders/ONLY_ONCE/pay');
    expect((await control(scene, 'POST', '/orders/ONLY_ONCE/pay')).status).toBe(409);
  });

  it('cannot advance a clock that follows real time', async () => {
    await using scene = await openScene(() => 204, { clock: 'real' });
    const answer = await control(scene, 'POST', '/clock/advance', { ms: 1 });
    expect(answer).toMatchObject({ status: 409, json: { error: expect.stringContaining('--clock manual') } });
  });
});
