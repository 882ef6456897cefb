import { describe, expect, it } from 'vitest';
import { toBeijingTime } from '../src/beijing-time.ts';
import { callControl } from './control-client.ts';
import { MerchantCalls, type PrepayKind } from './merchant-calls.ts';
import { openScene } from './simulated-merchant.ts';

// Rules: facts §3.3 (prepay pages of pay.weixin.qq.com, 4012791877 for Native).

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

function openShopScene() {
  return openScene(() => 204, { clockStartMs: START_MS });
}

describe('each kind of prepay', () => {
  it.each([
    ['native', 'code_url', /^weixin:\/\/wxpay\/bizpayurl\?pr=\w{9}$/],
    ['jsapi', 'prepay_id', /^wx20250712005719[0-9a-f]{18}00$/],
    ['app', 'prepay_id', /^wx20250712005719[0-9a-f]{18}00$/],
    ['h5', 'h5_url', /^http:\/\/127\.0\.0\.1:\d+\/pay\/h5\?prepay_id=wx20250712005719[0-9a-f]{18}00$/],
  ] as const)('%s answers with its %s alone', async (kind, field, form) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).prepay(kind, 'KIND_1');
    expect(answer).toMatchObject({ status: 200, json: { [field]: expect.stringMatching(form) } });
    expect(Object.keys(answer.json)).toEqual([field]);
  });

  it.each([
    ['native', 'NATIVE'],
    ['jsapi', 'JSAPI'],
    ['app', 'APP'],
    ['h5', 'MWEB'],
  ] as const)('%s makes a transaction of trade_type %s', async (kind, tradeType) => {
    await using scene = await openShopScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay(kind, 'TYPE_1');
    scene.simulator.pay({ outTradeNo: 'TYPE_1' });
    expect((await shop.query('TYPE_1')).json).toMatchObject({ trade_state: 'SUCCESS', trade_type: tradeType });
  });

  it('refuses a repeat of another kind with OUT_TRADE_NO_USED', async () => {
    await using scene = await openShopScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'TWO_KINDS');
    expect(await shop.prepay('app', 'TWO_KINDS')).toMatchObject({ status: 403, json: { code: 'OUT_TRADE_NO_USED' } });
  });
});

describe('a JSAPI order', () => {
  it('is paid by the openid that its prepay named', async () => {
    await using scene = await openShopScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('jsapi', 'JSAPI_1', { payer: { openid: 'o4GgauJP_mgWEWictzA15WT15XXX' } });
    scene.simulator.pay({ outTradeNo: 'JSAPI_1' });
    expect((await shop.query('JSAPI_1')).json.payer).toEqual({ openid: 'o4GgauJP_mgWEWictzA15WT15XXX' });
  });

  it.each([
    ['no payer', undefined],
    ['a payer without openid', {}],
    ['an empty openid', { openid: '' }],
    ['an openid of 129 characters', { openid: 'o'.repeat(129) }],
  ])('is refused with %s', async (_name, payer) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).prepay('jsapi', 'JSAPI_2', { payer });
    expect(answer).toMatchObject({
      status: 400,
      json: { code: 'PARAM_ERROR', message: expect.stringContaining('payer') },
    });
  });
});

describe('an H5 order', () => {
  it.each([
    ['no scene_info', undefined],
    ['no payer_client_ip', { h5_info: { type: 'Wap' } }],
    ['no h5_info', { payer_client_ip: '127.0.0.1' }],
    ['an h5_info without type', { payer_client_ip: '127.0.0.1', h5_info: {} }],
  ])('is refused with %s', async (_name, sceneInfo) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).prepay('h5', 'H5_ORDER', { scene_info: sceneInfo });
    expect(answer).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    expect(answer.json.message).toContain('scene_info');
  });
});

describe('what brings the payer to the order', () => {
  it.each([
    ['native', 'code_url', 2 * HOUR_MS],
    ['jsapi', 'prepay_id', 2 * HOUR_MS],
    ['app', 'prepay_id', 2 * HOUR_MS],
    ['h5', 'h5_url', 5 * MINUTE_MS],
  ] as const satisfies ReadonlyArray<[PrepayKind, string, number]>)(
    'of %s is the same %s for an identical repeat until it runs out, then a fresh one',
    async (kind, field, lifeMs) => {
      await using scene = await openShopScene();
      const shop = new MerchantCalls(scene);
      const first = await shop.prepay(kind, 'HANDLE_1');
      await scene.simulator.clock.advance(lifeMs - 1);
      expect((await shop.prepay(kind, 'HANDLE_1')).json).toEqual(first.json);
      await scene.simulator.clock.advance(1);
      const fresh = await shop.prepay(kind, 'HANDLE_1');
      expect(fresh.status).toBe(200);
      expect(fresh.json[field]).not.toBe(first.json[field]);
      expect((await shop.prepay(kind, 'HANDLE_1')).json).toEqual(fresh.json);
    },
  );
});

describe('time_expire', () => {
  it.each([
    ['a minute ahead', MINUTE_MS],
    ['seven days ahead', 7 * DAY_MS],
  ])('may be %s', async (_name, aheadMs) => {
    await using scene = await openShopScene();
    const timeExpire = toBeijingTime(START_MS + aheadMs);
    const answer = await new MerchantCalls(scene).prepay('native', 'EXPIRE_1', { time_expire: timeExpire });
    expect(answer.status).toBe(200);
  });

  it.each([
    ['59 seconds ahead', toBeijingTime(START_MS + 59_000)],
    ['seven days and a second ahead', toBeijingTime(START_MS + 7 * DAY_MS + 1_000)],
    ['in the past', toBeijingTime(START_MS - 1_000)],
    ['without an offset', '2025-07-12T12:00:00'],
    ['a day without a time', '2025-07-12'],
    ['the digits of the old API', '20250712120000'],
  ])('may not be %s', async (_name, timeExpire) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).prepay('native', 'EXPIRE_2', { time_expire: timeExpire });
    expect(answer).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    expect(answer.json.message).toContain('time_expire');
  });

  it('means the same instant in whatever offset it is written', async () => {
    await using scene = await openShopScene();
    const timeExpire = new Date(START_MS + HOUR_MS).toISOString();
    await new MerchantCalls(scene).prepay('native', 'EXPIRE_UTC', { time_expire: timeExpire });
    expect(scene.simulator.findOrder(scene.merchant.mchid, 'EXPIRE_UTC')?.terms.expiresAtMs).toBe(START_MS + HOUR_MS);
  });

  it('ends payment when it is reached; the order stays NOTPAY, and a payer who had begun before still pays it', async () => {
    await using scene = await openShopScene();
    const { simulator } = scene;
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'EXPIRED_1', { time_expire: toBeijingTime(START_MS + 10 * MINUTE_MS) });
    await simulator.clock.advance(10 * MINUTE_MS);
    const refused = await callControl(simulator.controlUrl, 'POST', '/orders/EXPIRED_1/pay');
    expect(refused).toMatchObject({ status: 409, json: { error: expect.stringContaining('late') } });
    expect((await shop.query('EXPIRED_1')).json.trade_state).toBe('NOTPAY');
    const late = await callControl(simulator.controlUrl, 'POST', '/orders/EXPIRED_1/pay', { late: true });
    expect(late).toMatchObject({ status: 200, json: { tradeState: 'SUCCESS' } });
  });

  it('is seven days from the prepay when it is left out', async () => {
    await using scene = await openShopScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'DEFAULT_1');
    await shop.prepay('native', 'DEFAULT_2');
    await scene.simulator.clock.advance(7 * DAY_MS - 1);
    expect(scene.simulator.pay({ outTradeNo: 'DEFAULT_1' }).kind).toBe('paid');
    await scene.simulator.clock.advance(1);
    expect(scene.simulator.pay({ outTradeNo: 'DEFAULT_2' }).kind).toBe('expired');
  });
});
