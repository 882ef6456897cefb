import { describe, expect, it } from 'vitest';
import { toBeijingTime } from '../src/beijing-time.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { isAnswerSignedBy } from './merchant-client.ts';
import { openScene } from './simulated-merchant.ts';

// Rules: facts §3.2 (pages 4012791860, 4012791839; ORDER_PAID: wechatpay-skills 订单状态流转).

const DAY_MS = 24 * 3_600_000;

describe('close', () => {
  it('answers 204 without a body, signed, as often as it is called', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'CLOSE_ME');
    for (let round = 0; round < 3; round += 1) {
      const answer = await shop.close('CLOSE_ME');
      expect(answer).toMatchObject({ status: 204, text: '' });
      expect(isAnswerSignedBy(answer, scene.merchant.platform.publicKeyPem)).toBe(true);
    }
    expect((await shop.query('CLOSE_ME')).json.trade_state).toBe('CLOSED');
  });

  it('of a paid order is refused with ORDER_PAID and leaves it paid', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    expect(await shop.close('PAID_1')).toMatchObject({ status: 400, json: { code: 'ORDER_PAID' } });
    expect((await shop.query('PAID_1')).json.trade_state).toBe('SUCCESS');
  });

  it('of a refunded order is refused with ORDER_PAID too', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('REFUNDED_1');
    await shop.refund('REFUNDED_1', 'REFUND_1', 100);
    expect(await shop.close('REFUNDED_1')).toMatchObject({ status: 400, json: { code: 'ORDER_PAID' } });
  });

  it('of an order that a late payment reopened is refused with ORDER_PAID', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'LATE_1');
    await shop.close('LATE_1');
    scene.simulator.pay({ outTradeNo: 'LATE_1', late: true });
    expect(await shop.close('LATE_1')).toMatchObject({ status: 400, json: { code: 'ORDER_PAID' } });
  });

  it('is possible for seven days, and not a second longer', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'SEVEN_1');
    await shop.prepay('native', 'SEVEN_2');
    await scene.simulator.clock.advance(7 * DAY_MS);
    expect((await shop.close('SEVEN_1')).status).toBe(204);
    await scene.simulator.clock.advance(1_000);
    expect(await shop.close('SEVEN_2')).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    expect((await shop.query('SEVEN_2')).json.trade_state).toBe('NOTPAY');
    expect((await shop.close('SEVEN_1')).status).toBe(204);
  });

  it('is possible after time_expire', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    const timeExpire = toBeijingTime(scene.simulator.clock.now() + 120_000);
    await shop.prepay('native', 'EXPIRED_1', { time_expire: timeExpire });
    await scene.simulator.clock.advance(3_600_000);
    expect((await shop.close('EXPIRED_1')).status).toBe(204);
  });

  it('of an unknown order is refused with ORDER_NOT_EXIST', async () => {
    await using scene = await openScene();
    const answer = await new MerchantCalls(scene).close('NOBODY_KNOWS');
    expect(answer).toMatchObject({ status: 404, json: { code: 'ORDER_NOT_EXIST' } });
  });

  it.each([
    ['no mchid', {}],
    ['the mchid of another', { mchid: '1900000002' }],
    ['a number for mchid', { mchid: 1900000001 }],
    ['a body that is no object', 'close'],
  ])('with %s is refused with PARAM_ERROR and changes nothing', async (_name, body) => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'BAD_CLOSE');
    expect(await shop.close('BAD_CLOSE', body)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    expect((await shop.query('BAD_CLOSE')).json.trade_state).toBe('NOTPAY');
  });
});

describe('a closed order', () => {
  it('refuses an identical prepay with ORDER_CLOSED and a differing one with OUT_TRADE_NO_USED', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'CLOSED_1');
    await shop.close('CLOSED_1');
    expect(await shop.prepay('native', 'CLOSED_1')).toMatchObject({ status: 400, json: { code: 'ORDER_CLOSED' } });
    const differing = await shop.prepay('native', 'CLOSED_1', { description: 'something else' });
    expect(differing).toMatchObject({ status: 403, json: { code: 'OUT_TRADE_NO_USED' } });
  });
});
