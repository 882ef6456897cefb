import { describe, expect, it } from 'vitest';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { openResource } from './open-notification.ts';
import { openScene } from './simulated-merchant.ts';

// A payer with a coupon pays less than the order's total: payer_total is not total, and only total may be compared with
// the local order (facts §1.2, §3.5; fields: page 4012791861 and the vectors with promotion_detail).

const MINUTE_MS = 60_000;

interface RefundAmount {
  readonly refund: number;
  readonly payer_refund: number;
  readonly discount_refund: number;
}

describe('a payment with a coupon', () => {
  it('has a payer_total below its total, and the coupon in promotion_detail, in query and notification alike', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'COUPON_1');
    const paid = await callControl(scene.simulator.controlUrl, 'POST', '/orders/COUPON_1/pay', { coupon: 10 });
    expect(paid).toMatchObject({ status: 200, json: { total: 100, payerTotal: 90 } });
    await scene.simulator.idle();
    const { json } = await shop.query('COUPON_1');
    expect(json).toMatchObject({
      amount: { total: 100, payer_total: 90 },
      promotion_detail: [{ amount: 10, scope: 'GLOBAL', type: 'NOCASH', merchant_contribute: 10 }],
    });
    const [call] = scene.receiver.received;
    expect(openResource(call?.body ?? '', scene.merchant.apiV3Key)).toEqual(json);
  });

  it.each([0, 100, 101, 1.5])('cannot have one of %s fen on 100', async (coupon) => {
    await using scene = await openScene();
    scene.simulator.createOrder({ outTradeNo: 'COUPON_2', total: 100 });
    const { status, json } = await callControl(scene.simulator.controlUrl, 'POST', '/orders/COUPON_2/pay', { coupon });
    expect([400, 409]).toContain(status);
    expect(json.error).toContain('coupon');
    expect(scene.simulator.findOrder(scene.merchant.mchid, 'COUPON_2')?.payment).toBeUndefined();
  });

  it('gives the payer back only what the payer paid', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('COUPON_3', { coupon: 10 });
    const { json } = await shop.refund('COUPON_3', 'ALL_OF_IT', 100, { notify_url: scene.receiver.url });
    expect(json).toMatchObject({
      amount: {
        total: 100,
        refund: 100,
        payer_total: 90,
        payer_refund: 90,
        settlement_total: 90,
        settlement_refund: 90,
        discount_refund: 10,
      },
      promotion_detail: [{ type: 'DISCOUNT', amount: 10, refund_amount: 10 }],
    });
    await scene.simulator.clock.advance(MINUTE_MS);
    const [call] = scene.receiver.received;
    expect(openResource(call?.body ?? '', scene.merchant.apiV3Key).amount).toEqual({
      total: 100,
      refund: 100,
      payer_total: 90,
      payer_refund: 90,
    });
  });

  it.each([
    [10, [30, 30, 40], [3, 3, 4]],
    [33, [1, 98, 1], [0, 32, 1]],
    [99, [50, 49, 1], [49, 49, 1]],
    [1, [99, 1], [0, 1]],
  ])('of %i fen is given back whole by the parts %j, in proportion, as %j', async (coupon, parts, discounts) => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('COUPON_4', { coupon });
    const amounts: RefundAmount[] = [];
    for (const [index, fen] of parts.entries()) {
      const { json } = await shop.refund('COUPON_4', `PART_${index}`, fen);
      amounts.push(json.amount as RefundAmount);
      await scene.simulator.clock.advance(MINUTE_MS);
    }
    for (const { refund, payer_refund, discount_refund } of amounts) {
      expect(payer_refund + discount_refund).toBe(refund);
      expect(Math.min(payer_refund, discount_refund)).toBeGreaterThanOrEqual(0);
    }
    expect(amounts.map(({ discount_refund }) => discount_refund)).toEqual(discounts);
    const sum = (field: keyof RefundAmount) => amounts.reduce((fen, amount) => fen + amount[field], 0);
    expect([sum('discount_refund'), sum('payer_refund')]).toEqual([coupon, 100 - coupon]);
  });

  it('gives its part back when a refund ends CLOSED', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('COUPON_5', { coupon: 10 });
    await shop.refund('COUPON_5', 'CLOSED_1', 50);
    await callControl(scene.simulator.controlUrl, 'POST', '/refunds/CLOSED_1/settle', { status: 'CLOSED' });
    await scene.simulator.clock.advance(MINUTE_MS);
    const { json } = await shop.refund('COUPON_5', 'ALL_OF_IT', 100);
    expect(json.amount).toMatchObject({ payer_refund: 90, discount_refund: 10 });
  });
});
