import { verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOTIFY_URL, refundOf } from './open-test-client.ts';
import { nativeOrder, openWorld, payAtSimulator, type World } from './wechatpay-world.ts';

let world: World;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

describe('prepay', () => {
  it('gives a Native order its code, and the same one again for the same order', async () => {
    const order = nativeOrder(world, 'CALLS_NATIVE');
    const outcome = await world.client.prepay({ ...order, attach: 'a=1' });
    expect(outcome).toEqual({
      outcome: 'prepaid',
      result: { tradeType: 'native', codeUrl: expect.stringMatching(/^weixin:\/\//) },
    });
    expect(await world.client.prepay({ ...order, attach: 'a=1' })).toEqual(outcome);
    const kept = world.simulator.findOrder(world.merchant.mchid, 'CALLS_NATIVE');
    const expiresAtMs = Math.floor(order.expiresAt / 1_000) * 1_000;
    expect(kept?.terms).toMatchObject({ total: 100, attach: 'a=1', notifyUrl: NOTIFY_URL, expiresAtMs });
  });

  it('signs for a JSAPI payer what WeChat wants signed', async () => {
    const { appid, ...order } = nativeOrder(world, 'CALLS_JSAPI');
    const outcome = await world.client.prepay({ ...order, appid, tradeType: 'jsapi', openid: 'oPayer' });
    if (outcome.outcome !== 'prepaid' || outcome.result.tradeType !== 'jsapi') throw new Error(JSON.stringify(outcome));
    const { appId, timeStamp, nonceStr, package: prepay, signType, paySign } = outcome.result.parameters;
    expect({ appId, signType }).toEqual({ appId: appid, signType: 'RSA' });
    expect(prepay).toMatch(/^prepay_id=wx/);
    expect(isSignedByMerchant(`${appId}\n${timeStamp}\n${nonceStr}\n${prepay}\n`, paySign)).toBe(true);
  });

  it('signs for an app what WeChat wants signed', async () => {
    const { appid, ...order } = nativeOrder(world, 'CALLS_APP');
    const outcome = await world.client.prepay({ ...order, appid, tradeType: 'app' });
    if (outcome.outcome !== 'prepaid' || outcome.result.tradeType !== 'app') throw new Error(JSON.stringify(outcome));
    const { partnerid, package: sign, noncestr, timestamp, prepayid } = outcome.result.parameters;
    expect({ partnerid, sign }).toEqual({ partnerid: world.merchant.mchid, sign: 'Sign=WXPay' });
    const message = `${appid}\n${timestamp}\n${noncestr}\n${prepayid}\n`;
    expect(isSignedByMerchant(message, outcome.result.parameters.sign)).toBe(true);
  });

  it('gives an H5 payer a link', async () => {
    const order = nativeOrder(world, 'CALLS_H5');
    const outcome = await world.client.prepay({ ...order, tradeType: 'h5', payerClientIp: '203.0.113.7' });
    expect(outcome).toEqual({
      outcome: 'prepaid',
      result: { tradeType: 'h5', h5Url: expect.stringMatching(/^http.*prepay_id=/) },
    });
  });

  it('is refused for another order under the same number', async () => {
    const order = nativeOrder(world, 'CALLS_USED');
    await world.client.prepay(order);
    const outcome = await world.client.prepay({ ...order, amountTotal: 101 });
    expect(outcome).toMatchObject({ outcome: 'refused', status: 403, code: 'OUT_TRADE_NO_USED' });
  });
});

describe('query and close', () => {
  it('see an order that does not exist, is unpaid, closed, paid and refunded in part', async () => {
    const { client } = world;
    expect(await client.queryOrder('CALLS_NOWHERE')).toMatchObject({ outcome: 'not_exist' });
    await client.prepay(nativeOrder(world, 'CALLS_CLOSED'));
    expect(await client.queryOrder('CALLS_CLOSED')).toMatchObject({ order: { tradeState: 'NOTPAY' } });
    expect(await client.closeOrder('CALLS_CLOSED')).toEqual({ outcome: 'closed' });
    expect(await client.closeOrder('CALLS_CLOSED')).toEqual({ outcome: 'closed' });
    expect(await client.queryOrder('CALLS_CLOSED')).toMatchObject({ order: { tradeState: 'CLOSED' } });

    const transactionId = payAtSimulator(world, 'CALLS_PAID');
    const { mchid, appids } = world.merchant;
    expect(await client.queryOrder('CALLS_PAID')).toEqual({
      outcome: 'found',
      order: {
        ...{ tradeState: 'SUCCESS', mchid, appid: appids[0], outTradeNo: 'CALLS_PAID', transactionId },
        ...{ amountTotal: 100, currency: 'CNY', successTime: expect.stringMatching(/\+08:00$/) },
      },
      requestId: expect.any(String),
    });
    expect(await client.closeOrder('CALLS_PAID')).toEqual({ outcome: 'already_paid' });
    await client.sendRefund(refundOf(transactionId, 'CALLS_PAID', 'CALLS_PAID_R1'));
    expect(await client.queryOrder('CALLS_PAID')).toMatchObject({ order: { tradeState: 'REFUND', amountTotal: 100 } });
  });

  it('take numbers with every character that WeChat Pay allows', async () => {
    const number = 'a|b*c-d_|*0';
    expect(await world.client.prepay(nativeOrder(world, number))).toMatchObject({ outcome: 'prepaid' });
    expect(await world.client.queryOrder(number)).toMatchObject({ order: { tradeState: 'NOTPAY' } });
    expect(await world.client.closeOrder(number)).toEqual({ outcome: 'closed' });
  });

  it.each(['../../../v3/certificates', 'ORDER_1?mchid=2', 'ORDER 1', 'ORDER%7C1', 'SHORT', ''])(
    'send nothing for the number "%s", which could make another path',
    async (number) => {
      const { client, attempts } = world;
      const before = attempts.length;
      const refused = { outcome: 'refused', status: 400, code: 'PARAM_ERROR' };
      expect(await client.queryOrder(number)).toMatchObject(refused);
      expect(await client.closeOrder(number)).toMatchObject(refused);
      expect(await client.prepay(nativeOrder(world, number))).toMatchObject(refused);
      expect(attempts.length).toBe(before);
    },
  );
});

describe('refunds', () => {
  it('are sent once under one number, whatever is repeated, and followed to their end', async () => {
    const { client } = world;
    const transactionId = payAtSimulator(world, 'CALLS_REFUNDED');
    const refund = refundOf(transactionId, 'CALLS_REFUNDED', 'REFUND|*@_-1');
    expect(await client.queryRefund(refund.outRefundNo)).toMatchObject({ outcome: 'not_exist' });
    const sent = await client.sendRefund(refund);
    const { outRefundNo, outTradeNo } = refund;
    expect(sent).toEqual({
      outcome: 'found',
      refund: {
        ...{ refundId: expect.any(String), outRefundNo, outTradeNo, transactionId, status: 'PROCESSING' },
        ...{ amountRefund: 30, amountTotal: 100, successTime: null },
      },
      requestId: expect.any(String),
    });
    expect(await client.sendRefund(refund)).toMatchObject({ refund: { status: 'PROCESSING' } });
    await expect
      .poll(() => client.queryRefund(outRefundNo), { timeout: 10_000 })
      .toMatchObject({ refund: { status: 'SUCCESS', successTime: expect.stringMatching(/\+08:00$/) } });
  });

  it('of an order that WeChat Pay does not know are refused, which is not "never accepted"', async () => {
    const outcome = await world.client.sendRefund(refundOf('4200000000', 'CALLS_NOWHERE', 'CALLS_NOWHERE_R1'));
    expect(outcome).toMatchObject({ outcome: 'refused', status: 404, code: 'RESOURCE_NOT_EXISTS' });
  });

  it.each(['', '../certificates', 'R 1', 'x'.repeat(65)])('send nothing for the number "%s"', async (outRefundNo) => {
    const { client, attempts } = world;
    const before = attempts.length;
    expect(await client.queryRefund(outRefundNo)).toMatchObject({ outcome: 'refused' });
    expect(await client.sendRefund(refundOf('42', 'CALLS_PAID', outRefundNo))).toMatchObject({ outcome: 'refused' });
    expect(attempts.length).toBe(before);
  });
});

function isSignedByMerchant(message: string, signature: string): boolean {
  const certificate = world.simulator.merchants[0]?.certificatePem ?? '';
  return verify('RSA-SHA256', Buffer.from(message), certificate, Buffer.from(signature, 'base64'));
}
