import { describe, expect, it } from 'vitest';
import { MerchantCalls } from './merchant-calls.ts';
import { openScene } from './simulated-merchant.ts';
import unpaid from './vectors/unpaid-answers.json' with { type: 'json' };

// trade_state: facts §3.2 (pages 4012791838/…859/…880/…900). REVOKED, USERPAYING and PAYERROR belong to payment codes,
// which the simulator does not make.

describe('trade_state', () => {
  it('NOTPAY: nobody has paid yet, and of the payment nothing is told', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'STATE_NOTPAY', { attach: 'user-7' });
    const { json } = await shop.query('STATE_NOTPAY');
    expect(json).toEqual({
      amount: { payer_currency: 'CNY', total: 100 },
      appid: scene.merchant.appid,
      mchid: scene.merchant.mchid,
      out_trade_no: 'STATE_NOTPAY',
      promotion_detail: [],
      scene_info: { device_id: '' },
      trade_state: 'NOTPAY',
      trade_state_desc: '订单未支付',
    });
    for (const { body } of unpaid.answers) expect(Object.keys(json).sort()).toEqual(Object.keys(body).sort());
  });

  it('SUCCESS: paid, with transaction_id, success_time and payer_total', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    const transactionId = shop.makePaid('STATE_SUCCESS');
    expect((await shop.query('STATE_SUCCESS')).json).toMatchObject({
      trade_state: 'SUCCESS',
      trade_state_desc: '支付成功',
      transaction_id: transactionId,
      success_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      amount: { total: 100, payer_total: 100 },
    });
  });

  it.each([
    ['a part refund', 1],
    ['a full refund', 100],
  ])('REFUND: after %s, and still with all that a paid order has', async (_name, fen) => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    const transactionId = shop.makePaid('STATE_REFUND');
    const { json: before } = await shop.query('STATE_REFUND');
    await shop.refund('STATE_REFUND', 'REFUND_1', fen);
    const { json } = await shop.query('STATE_REFUND');
    expect(json).toEqual({
      ...before,
      trade_state: 'REFUND',
      trade_state_desc: '订单发生过退款，退款详情请查询退款单',
    });
    const path = `/v3/pay/transactions/id/${transactionId}?mchid=${scene.merchant.mchid}`;
    expect((await shop.call(path)).json).toEqual(json);
  });

  it('CLOSED: after a close, with no more fields than NOTPAY', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'STATE_CLOSED');
    const { json: before } = await shop.query('STATE_CLOSED');
    await shop.close('STATE_CLOSED');
    const { json } = await shop.query('STATE_CLOSED');
    expect(json).toEqual({ ...before, trade_state: 'CLOSED', trade_state_desc: '订单已关闭' });
  });

  it('SUCCESS after CLOSED: a payment that raced the close counts, and is notified', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'RACED_1');
    await shop.close('RACED_1');
    expect(scene.simulator.pay({ outTradeNo: 'RACED_1' }).kind).toBe('closed');
    expect(scene.simulator.pay({ outTradeNo: 'RACED_1', late: true }).kind).toBe('paid');
    await scene.simulator.idle();
    expect((await shop.query('RACED_1')).json.trade_state).toBe('SUCCESS');
    expect(scene.receiver.received).toHaveLength(1);
  });

  it('is answered for an order of any age', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('OLD_ORDER');
    await scene.simulator.clock.advance(800 * 24 * 3_600_000);
    expect((await shop.query('OLD_ORDER')).json.trade_state).toBe('SUCCESS');
  });
});

describe('scene_info.device_id', () => {
  it('is told back as the prepay gave it, unpaid and paid', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'DEVICE_1', { scene_info: { device_id: '013467007045764' } });
    expect((await shop.query('DEVICE_1')).json.scene_info).toEqual({ device_id: '013467007045764' });
    scene.simulator.pay({ outTradeNo: 'DEVICE_1' });
    expect((await shop.query('DEVICE_1')).json.scene_info).toEqual({ device_id: '013467007045764' });
  });
});
