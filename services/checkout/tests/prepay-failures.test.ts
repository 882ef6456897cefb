import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type CheckoutWorld, openCheckoutWorld } from './checkout-world.ts';
import { makeOrder, nativeOrder, pay } from './order-steps.ts';

let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld({ merchant: { orderPrefixes: ['SHOP_'] } });
});
afterAll(() => world?.stop());

const faults: string[] = [];
const endFaults = () => {
  for (const id of faults.splice(0)) world.simulator.removeApiFault(id);
};
beforeEach(endFaults);

type Wish = Parameters<CheckoutWorld['simulator']['addApiFault']>[0];
function addFault(wish: Wish): void {
  const rule = world.simulator.addApiFault(wish);
  if (rule !== undefined) faults.push(rule.id);
}

const create = (outTradeNo: string, fields: Record<string, unknown> = {}) =>
  world.api.call('POST /v1/orders', { body: nativeOrder({ out_trade_no: outTradeNo, ...fields }) });

async function countOrders(): Promise<number> {
  const rows: { orders: number }[] = await world.pool.query('SELECT COUNT(*) AS orders FROM payment_orders');
  return rows[0]?.orders ?? 0;
}

describe('an order that WeChat Pay could not be asked to prepay', () => {
  it.each<[string, Wish['fault'], 'before' | 'after']>([
    ['it fails', { kind: 'error', code: 'SYSTEM_ERROR' }, 'before'],
    ['the connection is cut before', { kind: 'cut', sent: 'nothing' }, 'before'],
    ['the connection is cut after it took effect', { kind: 'cut', sent: 'nothing' }, 'after'],
    ['the answer never comes', { kind: 'hang' }, 'after'],
    ['the answer is unsigned', { kind: 'unsigned' }, 'after'],
    ['it says 202', { kind: 'accepted_202' }, 'before'],
  ])('stays pending when %s; the same request goes on under the same number', async (what, fault, effect) => {
    const outTradeNo = `SHOP_${what.replaceAll(/\W/g, '').slice(0, 20)}`;
    const before = await countOrders();
    addFault({ operations: ['prepay_native'], outTradeNo, effect, fault });
    const failed = await create(outTradeNo);
    expect(failed).toMatchObject({ status: 503, json: { retry: true, order: { status: 'pending' } } });
    expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0);

    endFaults();
    const again = await create(outTradeNo);
    expect(again).toMatchObject({ status: 200, json: { out_trade_no: outTradeNo, code_url: expect.any(String) } });
    expect(await countOrders()).toBe(before + 1);
    expect(world.simulator.findOrder(world.merchant.mchid, outTradeNo)?.terms).toMatchObject({
      expiresAtMs: Date.parse(String(again.json.expires_at)),
    });
  });

  it('is asked for anew by a request whose caller went away in the middle', async () => {
    addFault({
      operations: ['prepay_native'],
      outTradeNo: 'SHOP_GONE_1',
      times: 1,
      effect: 'after',
      fault: { kind: 'hang' },
    });
    const body = nativeOrder({ out_trade_no: 'SHOP_GONE_1' });
    const gone = world.api.call('POST /v1/orders', { body, signal: AbortSignal.timeout(500) });
    await expect(gone).rejects.toThrow();
    expect(await create('SHOP_GONE_1')).toMatchObject({ status: 200, json: { out_trade_no: 'SHOP_GONE_1' } });
  });

  it('says what WeChat Pay says when it refuses', async () => {
    addFault({ operations: ['prepay_native'], outTradeNo: 'SHOP_NO_AUTH', fault: { kind: 'error', code: 'NO_AUTH' } });
    const answer = await create('SHOP_NO_AUTH');
    expect(answer).toMatchObject({ status: 502, json: { retry: false, detail: expect.stringContaining('NO_AUTH') } });
  });
});

describe('an order that cannot be paid (again)', () => {
  it('is refused when WeChat Pay has the number with other parameters', async () => {
    world.simulator.createOrder({ mchid: world.merchant.mchid, outTradeNo: 'SHOP_TAKEN_1', total: 1 });
    const answer = await create('SHOP_TAKEN_1');
    expect(answer).toMatchObject({ status: 409, json: { detail: expect.stringContaining('new out_trade_no') } });
  });

  it('is refused when it was paid, although nobody has credited it yet', async () => {
    await makeOrder(world, 'SHOP_PAID_1');
    pay(world, 'SHOP_PAID_1');
    const answer = await create('SHOP_PAID_1');
    expect(answer).toMatchObject({ status: 409, json: { type: 'urn:payguard:problem:order-paid' } });
  });

  it.each([
    ['it is credited', "payment_status = 'paid', credited_at = '2026-01-01'", 'order-paid'],
    ['it is closed', "payment_status = 'cancelled', closed_at = '2026-01-01'", 'order-closed'],
    ['somebody wrote failed', "payment_status = 'failed'", 'order-closed'],
    ['its time is over', "expires_at = '2026-01-01'", 'order-expired'],
    ['less than a minute is left', 'expires_at = UTC_TIMESTAMP(3) + INTERVAL 50 SECOND', 'order-expired'],
  ])('is refused with its state when %s', async (what, change, type) => {
    const outTradeNo = `SHOP_${what.replaceAll(/\W/g, '').slice(0, 20)}`;
    await makeOrder(world, outTradeNo);
    await world.pool.query(`UPDATE payment_orders SET ${change} WHERE out_trade_no = ?`, [outTradeNo]);
    const answer = await create(outTradeNo);
    expect(answer).toMatchObject({
      status: 409,
      json: { type: `urn:payguard:problem:${type}`, order: { final: expect.any(Boolean) } },
    });
  });

  it('must have a number that the merchant id shares with no other system', async () => {
    expect(await create('OTHER_0001')).toMatchObject({ status: 422, json: { field: 'out_trade_no' } });
    const made = await world.api.call('POST /v1/orders', { body: nativeOrder(), headers: { 'idempotency-key': 'k' } });
    expect(made.json.out_trade_no).toMatch(/^SHOP_/);
  });
});
