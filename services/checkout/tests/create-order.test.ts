import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CheckoutWorld, openCheckoutWorld, USER_ID } from './checkout-world.ts';
import { makeOrder, nativeOrder } from './order-steps.ts';

let world: CheckoutWorld;
beforeAll(async () => {
  world = await openCheckoutWorld();
});
afterAll(() => world?.stop());

const create = (body: unknown, headers: Record<string, string> = {}) =>
  world.api.call('POST /v1/orders', { body, headers });

async function rowsOf(outTradeNo: string): Promise<Record<string, unknown>[]> {
  return world.pool.query({ sql: 'SELECT * FROM payment_orders WHERE out_trade_no = ?', dateStrings: true }, [
    outTradeNo,
  ]);
}

describe('making an order', () => {
  it('records it as pending, with everything that a credit is checked against, and due for a check', async () => {
    const made = await makeOrder(world, 'RECORDED_1', { bonus_points: 5 });
    expect(made).toMatchObject({ status: 'pending', code_url: expect.stringMatching(/^weixin:/) });
    const [row] = await rowsOf('RECORDED_1');
    expect(row).toMatchObject({
      order_no: 'RECORDED_1',
      user_id: USER_ID,
      payment_status: 'pending',
      mchid: world.merchant.mchid,
      appid: world.merchant.appid,
      amount_total: 100,
      currency: 'CNY',
      points: 100,
      bonus_points: 5,
      credited_at: null,
    });
    const checks: unknown[] = await world.pool.query('SELECT mchid, lane FROM order_checks WHERE order_id = ?', [
      row?.id,
    ]);
    expect(checks).toEqual([{ mchid: world.merchant.mchid, lane: 0 }]);
  });

  it('asks WeChat Pay for the very end and amount that it recorded', async () => {
    const made = await makeOrder(world, 'SAME_TERMS_1', { expires_in_seconds: 600 });
    const order = world.simulator.findOrder(world.merchant.mchid, 'SAME_TERMS_1');
    expect(order?.terms).toMatchObject({ total: 100, expiresAtMs: Date.parse(String(made.expires_at)) });
  });

  it.each([
    ['app', {}, { parameters: { sign: expect.any(String), package: 'Sign=WXPay' } }],
    [
      'jsapi',
      { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
      { parameters: { paySign: expect.any(String), signType: 'RSA' } },
    ],
    ['h5', { payer_client_ip: '203.0.113.7' }, { h5_url: expect.stringMatching(/^http/) }],
  ])('gives the payer of %s what they need', async (trade_type, fields, expected) => {
    const answer = await create(nativeOrder({ out_trade_no: `KIND_${trade_type}`, trade_type, ...fields }));
    expect(answer).toMatchObject({ status: 201, json: { trade_type, ...expected } });
  });

  it.each([
    ['no openid for jsapi', { trade_type: 'jsapi' }, 400, 'openid'],
    ['an openid for native', { openid: 'o1' }, 400, undefined],
    ['no amount', { amount_total: 0 }, 400, 'amount_total'],
    ['no points', { points: 0 }, 400, 'points'],
    ['a number with a star', { out_trade_no: 'STAR*1' }, 400, 'out_trade_no'],
    ['an end too near', { expires_in_seconds: 60 }, 400, 'expires_in_seconds'],
    ['an end after seven days', { expires_in_seconds: 604_801 }, 400, 'expires_in_seconds'],
    ['a user nobody knows', { user_id: 999 }, 422, 'user_id'],
    ['an amount above the merchant’s limit', { amount_total: 5_000_001 }, 422, 'amount_total'],
    ['more points than money buys', { points: 900, bonus_points: 101 }, 422, 'points'],
    ['an app id of somebody else', { appid: 'wx0000000000000000' }, 422, 'appid'],
  ])('refuses %s, names the field and changes nothing', async (_what, fields, status, field) => {
    const answer = await create(nativeOrder({ out_trade_no: 'REFUSED_1', ...fields }));
    expect(answer).toMatchObject({ status, json: { retry: false, ...(field === undefined ? {} : { field }) } });
    expect(await rowsOf('REFUSED_1')).toEqual([]);
  });

  it('refuses a body that is no JSON, too large, or of another type', async () => {
    expect((await create('{')).status).toBe(400);
    expect((await create(nativeOrder({ description: 'x'.repeat(20_000) }))).status).toBe(413);
    expect((await create('a=b', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(415);
  });
});

describe('the same order again', () => {
  it('gets the same number and 200, and WeChat Pay has one order', async () => {
    const first = await makeOrder(world, 'REPEAT_1');
    const again = await create(nativeOrder({ out_trade_no: 'REPEAT_1' }));
    expect(again).toMatchObject({ status: 200, json: { out_trade_no: 'REPEAT_1', expires_at: first.expires_at } });
    expect(await rowsOf('REPEAT_1')).toHaveLength(1);
  });

  it('is refused with other fields, and says what to do', async () => {
    await makeOrder(world, 'DIFFERS_1');
    for (const fields of [{ amount_total: 200 }, { description: 'another' }, { bonus_points: 1 }, { attach: 'a' }]) {
      const other = await create(nativeOrder({ out_trade_no: 'DIFFERS_1', ...fields }));
      expect(other).toMatchObject({ status: 409, json: { detail: expect.stringContaining('new out_trade_no') } });
    }
  });

  it('is refused where the shop itself made the order', async () => {
    await world.pool.query(
      `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total)
       VALUES ('SHOPS_OWN', 'SHOPS_OWN', 1, 100, ?, ?, 100)`,
      [world.merchant.mchid, world.merchant.appid],
    );
    const answer = await create(nativeOrder({ out_trade_no: 'SHOPS_OWN' }));
    expect(answer).toMatchObject({ status: 409, json: { detail: expect.stringContaining('not made by this API') } });
  });

  it('makes one order of many identical requests at the same time, by number and by key', async () => {
    const byNumber = await Promise.all(
      Array.from({ length: 8 }, () => create(nativeOrder({ out_trade_no: 'AT_ONCE_1' }))),
    );
    expect(byNumber.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const byKey = await Promise.all(
      Array.from({ length: 8 }, () => create(nativeOrder(), { 'idempotency-key': 'at-once' })),
    );
    expect(byKey.map(({ status }) => status).sort()).toEqual([200, 200, 200, 200, 200, 200, 200, 201]);
    const numbers = new Set(byKey.map(({ json }) => json.out_trade_no));
    expect(numbers.size).toBe(1);
    expect(await rowsOf('AT_ONCE_1')).toHaveLength(1);
    expect(await rowsOf(String([...numbers][0]))).toHaveLength(1);
  });
});

describe('an Idempotency-Key', () => {
  it('is needed where no number is given, and makes one that WeChat Pay takes', async () => {
    expect(await create(nativeOrder())).toMatchObject({ status: 400, json: { field: 'out_trade_no' } });
    const made = await create(nativeOrder(), { 'idempotency-key': 'basket-77' });
    expect(made).toMatchObject({ status: 201, json: { out_trade_no: expect.stringMatching(/^PG[0-9A-Z]{30}$/) } });
    const again = await create(nativeOrder(), { 'idempotency-key': 'basket-77' });
    expect([again.status, again.json.out_trade_no]).toEqual([200, made.json.out_trade_no]);
  });

  it('stands for the same order even after the record of keys was pruned', async () => {
    const made = await create(nativeOrder(), { 'idempotency-key': 'pruned' });
    await world.pool.query("DELETE FROM idempotency_keys WHERE idempotency_key = 'pruned'");
    const again = await create(nativeOrder(), { 'idempotency-key': 'pruned' });
    expect([again.status, again.json.out_trade_no]).toEqual([200, made.json.out_trade_no]);
  });

  it('is refused with another body', async () => {
    await create(nativeOrder(), { 'idempotency-key': 'reused' });
    for (const fields of [{ amount_total: 101 }, { out_trade_no: 'REUSED_1' }]) {
      const other = await create(nativeOrder(fields), { 'idempotency-key': 'reused' });
      expect(other).toMatchObject({ status: 422, json: { field: 'Idempotency-Key', retry: false } });
    }
  });
});
