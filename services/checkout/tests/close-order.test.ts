import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tradeStateOf } from 'wechatpay-simulator/orders/order';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';
import { expectInvariantsHold, makeOrder, nativeOrder, pay } from './order-steps.ts';

let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld();
  await world.startPoints();
});
afterAll(() => world?.stop());

/** Without a body, though its type is named, as many clients do. */
const close = (outTradeNo: string) =>
  world.api.call(`POST /v1/orders/${outTradeNo}/close`, { headers: { 'content-type': 'application/json' } });
const read = async (outTradeNo: string) => (await world.api.call(`GET /v1/orders/${outTradeNo}`)).json;
function stateAtWechat(outTradeNo: string): string | undefined {
  const order = world.simulator.findOrder(world.merchant.mchid, outTradeNo);
  return order === undefined ? undefined : tradeStateOf(order);
}

describe('closing an order', () => {
  it('closes it at WeChat Pay first, then here, as cancelled; again is the same', async () => {
    await makeOrder(world, 'CLOSE_1');
    expect(await close('CLOSE_1')).toMatchObject({ status: 200, json: { result: 'closed' } });
    expect(stateAtWechat('CLOSE_1')).toBe('CLOSED');
    await vi.waitUntil(async () => (await read('CLOSE_1')).status === 'cancelled', { timeout: 10_000 });
    expect(await read('CLOSE_1')).toMatchObject({ final: true, closed_at: expect.any(String) });
    expect(await close('CLOSE_1')).toMatchObject({ status: 200, json: { result: 'closed' } });
    const again = await world.api.call('POST /v1/orders', { body: nativeOrder({ out_trade_no: 'CLOSE_1' }) });
    expect(again).toMatchObject({ status: 409, json: { type: 'urn:payguard:problem:order-closed' } });
  });

  it('finds a payment that nobody had seen, and says so', async () => {
    await makeOrder(world, 'CLOSE_PAID_1');
    pay(world, 'CLOSE_PAID_1');
    expect(await close('CLOSE_PAID_1')).toMatchObject({
      status: 409,
      json: { type: 'urn:payguard:problem:order-paid', order: { out_trade_no: 'CLOSE_PAID_1' } },
    });
    await vi.waitUntil(async () => (await read('CLOSE_PAID_1')).status === 'paid', { timeout: 10_000 });
    expect(await close('CLOSE_PAID_1')).toMatchObject({ status: 409, json: { order: { status: 'paid' } } });
  });

  it.each([
    ['payment', 409, 'paid'],
    ['close', 200, 'cancelled'],
  ] as const)(
    'tells one truth when the payer pays in that moment and the %s comes first',
    async (first, status, end) => {
      const outTradeNo = `RACE_${first}`;
      await makeOrder(world, outTradeNo);
      world.simulator.setFaults(outTradeNo, [
        { kind: 'lost' },
        { kind: 'close_race', first, ...(first === 'close' ? { ms: 60_000 } : {}) },
      ]);
      expect((await close(outTradeNo)).status).toBe(status);
      await vi.waitUntil(async () => (await read(outTradeNo)).status === end, { timeout: 10_000 });
      await expectInvariantsHold(world);
    },
  );

  it('is not certain while WeChat Pay cannot be asked, and says: again', async () => {
    await makeOrder(world, 'CLOSE_AWAY_1');
    const rule = world.simulator.addApiFault({
      operations: ['close_order'],
      outTradeNo: 'CLOSE_AWAY_1',
      fault: { kind: 'error', code: 'SYSTEM_ERROR' },
    });
    const uncertain = await close('CLOSE_AWAY_1');
    expect(uncertain).toMatchObject({ status: 503, json: { retry: true, order: { status: 'pending' } } });
    expect(await read('CLOSE_AWAY_1')).toMatchObject({ status: 'pending', closed_at: null });
    world.simulator.removeApiFault(rule?.id ?? '');
    expect(await close('CLOSE_AWAY_1')).toMatchObject({ status: 200, json: { result: 'closed' } });
  });

  it('of which WeChat Pay never heard closes nothing: nobody can pay it, and it ends with its time', async () => {
    world.simulator.addApiFault({
      operations: ['prepay_native'],
      outTradeNo: 'NEVER_HEARD_1',
      times: 3,
      fault: { kind: 'error', code: 'SYSTEM_ERROR' },
    });
    await world.api.call('POST /v1/orders', { body: nativeOrder({ out_trade_no: 'NEVER_HEARD_1' }) });
    expect(await close('NEVER_HEARD_1')).toMatchObject({ status: 202, json: { result: 'not_payable' } });
    expect(await read('NEVER_HEARD_1')).toMatchObject({ status: 'pending', final: false });
  });
});
