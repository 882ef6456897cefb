import { describe, expect, it } from 'vitest';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { isAnswerSignedBy } from './merchant-client.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

// States: facts §3.4 (pages 4012791862, 4012791863, 4013071193).

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const LONG_ENOUGH_MS = 60_000;

/** A scene with a paid order of 100 fen, PAID_1. */
async function openPaidScene(): Promise<
  { scene: Scene; shop: MerchantCalls; transactionId: string } & AsyncDisposable
> {
  const scene = await openScene(() => 204, { clockStartMs: START_MS });
  const shop = new MerchantCalls(scene);
  const transactionId = shop.makePaid('PAID_1');
  return { scene, shop, transactionId, [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose]() };
}

function settle(scene: Scene, outRefundNo: string, status: string) {
  return callControl(scene.simulator.controlUrl, 'POST', `/refunds/${outRefundNo}/settle`, { status });
}

describe('a refund', () => {
  it('is PROCESSING in a signed answer of 200, and told the same by a query', async () => {
    await using paid = await openPaidScene();
    const { scene, shop, transactionId } = paid;
    const answer = await shop.refund('PAID_1', 'REFUND_1', 30, { reason: '商品已售完' });
    expect(answer.status).toBe(200);
    expect(isAnswerSignedBy(answer, scene.merchant.platform.publicKeyPem)).toBe(true);
    expect(answer.json).toMatchObject({
      refund_id: expect.stringMatching(/^5030\d{6}20250712\d{11}$/),
      out_refund_no: 'REFUND_1',
      transaction_id: transactionId,
      out_trade_no: 'PAID_1',
      status: 'PROCESSING',
      create_time: '2025-07-12T00:57:19+08:00',
      amount: { total: 100, refund: 30, payer_total: 100, payer_refund: 30, currency: 'CNY' },
    });
    expect(answer.json).not.toHaveProperty('success_time');
    expect((await shop.queryRefund('REFUND_1')).json).toEqual(answer.json);
  });

  it('goes from PROCESSING to SUCCESS by itself, with its success_time', async () => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    const { json: processing } = await shop.refund('PAID_1', 'REFUND_1', 30);
    await scene.simulator.clock.advance(LONG_ENOUGH_MS);
    expect((await shop.queryRefund('REFUND_1')).json).toEqual({
      ...processing,
      status: 'SUCCESS',
      success_time: expect.stringMatching(/^2025-07-12T00:5[78]:\d\d\+08:00$/),
    });
  });

  it.each(['ABNORMAL', 'CLOSED'])('goes from PROCESSING to %s, without success_time, and stays so', async (status) => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    await shop.refund('PAID_1', 'REFUND_1', 30);
    expect(await settle(scene, 'REFUND_1', status)).toMatchObject({ status: 200, json: { status } });
    await scene.simulator.clock.advance(LONG_ENOUGH_MS);
    const { json } = await shop.queryRefund('REFUND_1');
    expect(json.status).toBe(status);
    expect(json).not.toHaveProperty('success_time');
  });

  it.each(['SUCCESS', 'CLOSED'])('goes from ABNORMAL to %s only by a person', async (status) => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    await shop.refund('PAID_1', 'REFUND_1', 30);
    await settle(scene, 'REFUND_1', 'ABNORMAL');
    await scene.simulator.clock.advance(LONG_ENOUGH_MS);
    expect(await settle(scene, 'REFUND_1', status)).toMatchObject({ status: 200, json: { status } });
    expect((await shop.queryRefund('REFUND_1')).json.status).toBe(status);
  });

  it.each(['SUCCESS', 'CLOSED'])('that is %s is final', async (status) => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    await shop.refund('PAID_1', 'REFUND_1', 30);
    await settle(scene, 'REFUND_1', status);
    for (const next of ['SUCCESS', 'ABNORMAL', 'CLOSED'])
      expect((await settle(scene, 'REFUND_1', next)).status).toBe(409);
    expect((await shop.queryRefund('REFUND_1')).json.status).toBe(status);
  });

  it('may name the order by transaction_id instead of out_trade_no, or by both', async () => {
    await using paid = await openPaidScene();
    const { scene, shop, transactionId } = paid;
    const byId = await shop.refund('PAID_1', 'BY_ID', 10, { out_trade_no: undefined, transaction_id: transactionId });
    expect(byId).toMatchObject({ status: 200, json: { out_trade_no: 'PAID_1' } });
    await scene.simulator.clock.advance(60_000);
    expect((await shop.refund('PAID_1', 'BY_BOTH', 10, { transaction_id: transactionId })).status).toBe(200);
  });

  it('made by hand in the merchant platform is found by a query as any other', async () => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    const wish = { outTradeNo: 'PAID_1', outRefundNo: 'BY_HAND', refund: 40, reason: '客服退款' };
    const made = await callControl(scene.simulator.controlUrl, 'POST', '/refunds', wish);
    expect(made).toMatchObject({ status: 201, json: { status: 'PROCESSING', origin: 'merchant_platform' } });
    await scene.simulator.clock.advance(LONG_ENOUGH_MS);
    const expected = { status: 'SUCCESS', amount: { refund: 40, total: 100 } };
    expect((await shop.queryRefund('BY_HAND')).json).toMatchObject(expected);
    expect((await shop.query('PAID_1')).json.trade_state).toBe('REFUND');
    expect(await shop.refund('PAID_1', 'TOO_MUCH', 61)).toMatchObject({ json: { code: 'INVALID_REQUEST' } });
  });

  it('made by hand keeps its number to one order', async () => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    shop.makePaid('PAID_2');
    const { controlUrl } = scene.simulator;
    const wish = { outRefundNo: 'BY_HAND', refund: 40 };
    expect((await callControl(controlUrl, 'POST', '/refunds', { ...wish, outTradeNo: 'PAID_1' })).status).toBe(201);
    expect((await callControl(controlUrl, 'POST', '/refunds', { ...wish, outTradeNo: 'PAID_2' })).status).toBe(409);
    expect((await shop.query('PAID_2')).json.trade_state).toBe('SUCCESS');
  });
});

describe('a repeat of out_refund_no', () => {
  it('that is identical gets the refund as it stands, and takes no money twice', async () => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    const { json: first } = await shop.refund('PAID_1', 'REFUND_1', 60);
    expect((await shop.refund('PAID_1', 'REFUND_1', 60)).json).toEqual(first);
    await scene.simulator.clock.advance(LONG_ENOUGH_MS);
    const later = await shop.refund('PAID_1', 'REFUND_1', 60);
    expect(later.json).toMatchObject({ refund_id: first.refund_id, status: 'SUCCESS' });
    expect((await shop.refund('PAID_1', 'REFUND_2', 40)).status).toBe(200);
  });

  it.each([
    ['amount', { amount: { refund: 31, total: 100, currency: 'CNY' } }],
    ['reason', { reason: 'another' }],
    ['notify_url', { notify_url: 'http://127.0.0.1:9/other' }],
    ['order', { out_trade_no: 'PAID_2' }],
  ])('with another %s is refused with INVALID_REQUEST', async (_name, changes) => {
    await using paid = await openPaidScene();
    const { shop } = paid;
    shop.makePaid('PAID_2');
    const { json: first } = await shop.refund('PAID_1', 'REFUND_1', 30);
    const repeat = await shop.refund('PAID_1', 'REFUND_1', 30, changes);
    expect(repeat).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
    expect((await shop.queryRefund('REFUND_1')).json).toEqual(first);
  });

  it('is answered even when the order could no longer be refunded', async () => {
    await using paid = await openPaidScene();
    const { scene, shop } = paid;
    await shop.refund('PAID_1', 'REFUND_1', 30);
    await scene.simulator.clock.advance(400 * 24 * 3_600_000);
    expect(await shop.refund('PAID_1', 'REFUND_1', 30)).toMatchObject({ status: 200, json: { status: 'SUCCESS' } });
  });
});
