import { describe, expect, it } from 'vitest';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { openScene } from './simulated-merchant.ts';

// Rules: facts §3.4 (page 4012791862).

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 3_600_000;

describe('part refunds', () => {
  it('go up to the total of the order, and not a fen further', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PARTS_1');
    expect((await shop.refund('PARTS_1', 'PART_1', 60)).status).toBe(200);
    await scene.simulator.clock.advance(MINUTE_MS);
    expect(await shop.refund('PARTS_1', 'PART_2', 41)).toMatchObject({
      status: 400,
      json: { code: 'INVALID_REQUEST' },
    });
    expect((await shop.refund('PARTS_1', 'PART_2', 40)).status).toBe(200);
    await scene.simulator.clock.advance(MINUTE_MS);
    expect(await shop.refund('PARTS_1', 'PART_3', 1)).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
  });

  it('give their part back when they end CLOSED, and keep it while ABNORMAL', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PARTS_2');
    const settle = (outRefundNo: string, status: string) =>
      callControl(scene.simulator.controlUrl, 'POST', `/refunds/${outRefundNo}/settle`, { status });
    await shop.refund('PARTS_2', 'PART_1', 100);
    await settle('PART_1', 'ABNORMAL');
    await scene.simulator.clock.advance(MINUTE_MS);
    expect((await shop.refund('PARTS_2', 'PART_2', 100)).status).toBe(400);
    await settle('PART_1', 'CLOSED');
    expect((await shop.refund('PARTS_2', 'PART_2', 100)).status).toBe(200);
  });

  it('of one order are a minute apart: sooner is FREQUENCY_LIMITED, and the same call goes through later', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('APART_1');
    shop.makePaid('APART_2');
    await shop.refund('APART_1', 'PART_1', 10);
    await scene.simulator.clock.advance(MINUTE_MS - 1);
    const tooSoon = await shop.refund('APART_1', 'PART_2', 10);
    expect(tooSoon).toMatchObject({ status: 429, json: { code: 'FREQUENCY_LIMITED' } });
    expect((await shop.queryRefund('PART_2')).status).toBe(404);
    expect((await shop.refund('APART_2', 'OTHER_1', 10)).status).toBe(200);
    await scene.simulator.clock.advance(1);
    expect((await shop.refund('APART_1', 'PART_2', 10)).status).toBe(200);
  });

  it('of one order are fifty at most: the next is RULE_LIMIT', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('FIFTY_1');
    for (let number = 1; number <= 50; number += 1) {
      expect((await shop.refund('FIFTY_1', `PART_${number}`, 1)).status).toBe(200);
      await scene.simulator.clock.advance(MINUTE_MS);
    }
    expect(await shop.refund('FIFTY_1', 'PART_51', 1)).toMatchObject({ status: 403, json: { code: 'RULE_LIMIT' } });
    expect((await shop.refund('FIFTY_1', 'PART_50', 1)).status).toBe(200);
  });
});

describe('a refund is refused', () => {
  it('later than 365 days after the payment, with INVALID_REQUEST', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('YEAR_1');
    await scene.simulator.clock.advance(365 * DAY_MS);
    expect((await shop.refund('YEAR_1', 'IN_TIME', 1)).status).toBe(200);
    await scene.simulator.clock.advance(MINUTE_MS);
    expect(await shop.refund('YEAR_1', 'LATE', 1)).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
  });

  it('for an unpaid order, with TRADE_ERROR', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    await shop.prepay('native', 'UNPAID_1');
    expect(await shop.refund('UNPAID_1', 'NONE', 1)).toMatchObject({ status: 403, json: { code: 'TRADE_ERROR' } });
  });

  it('for an unknown order, with RESOURCE_NOT_EXISTS', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    const expected = { status: 404, json: { code: 'RESOURCE_NOT_EXISTS' } };
    expect(await shop.refund('UNKNOWN_1', 'NONE', 1)).toMatchObject(expected);
    const byId = { out_trade_no: undefined, transaction_id: '4200000000202507120000000000' };
    expect(await shop.refund('', 'NONE', 1, byId)).toMatchObject(expected);
  });

  it('when out_trade_no and transaction_id are of two orders', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    const transactionId = shop.makePaid('PAID_2');
    const answer = await shop.refund('PAID_1', 'NONE', 1, { transaction_id: transactionId });
    expect(answer).toMatchObject({ status: 404, json: { code: 'RESOURCE_NOT_EXISTS' } });
  });

  it('when its total is not that of the order, with INVALID_REQUEST', async () => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    const answer = await shop.refund('PAID_1', 'NONE', 1, { amount: { refund: 1, total: 99, currency: 'CNY' } });
    expect(answer).toMatchObject({ status: 400, json: { code: 'INVALID_REQUEST' } });
  });

  it.each([
    ['no out_refund_no', { out_refund_no: undefined }],
    ['an empty out_refund_no', { out_refund_no: '' }],
    ['an out_refund_no of 65 characters', { out_refund_no: 'R'.repeat(65) }],
    ['a Chinese out_refund_no', { out_refund_no: '退款1' }],
    ['neither out_trade_no nor transaction_id', { out_trade_no: undefined }],
    ['a refund of 0', { amount: { refund: 0, total: 100, currency: 'CNY' } }],
    ['a negative refund', { amount: { refund: -1, total: 100, currency: 'CNY' } }],
    ['half a fen', { amount: { refund: 0.5, total: 100, currency: 'CNY' } }],
    ['a refund in text', { amount: { refund: '1', total: 100, currency: 'CNY' } }],
    ['no total', { amount: { refund: 1, currency: 'CNY' } }],
    ['no currency', { amount: { refund: 1, total: 100 } }],
    ['another currency', { amount: { refund: 1, total: 100, currency: 'USD' } }],
    ['no amount', { amount: undefined }],
    ['a reason of 81 characters', { reason: '退'.repeat(81) }],
    ['a notify_url with a query string', { notify_url: 'https://example.com/refund?a=1' }],
  ])('for %s, with PARAM_ERROR', async (_name, changes) => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    const answer = await shop.refund('PAID_1', 'REFUND_1', 1, changes);
    expect(answer).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    expect((await shop.query('PAID_1')).json.trade_state).toBe('SUCCESS');
  });
});

describe('a refund may have', () => {
  it.each([
    ['an out_refund_no of one character', { out_refund_no: 'R' }],
    ['an out_refund_no of 64 characters of all kinds', { out_refund_no: 'aZ09_-|*@'.padEnd(64, 'x') }],
    ['a reason of 80 characters', { reason: '退'.repeat(80) }],
    ['fields that the simulator does not know', { funds_account: 'AVAILABLE', goods_detail: [] }],
  ])('%s', async (_name, changes) => {
    await using scene = await openScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    const answer = await shop.refund('PAID_1', 'REFUND_1', 1, changes);
    expect(answer.status).toBe(200);
    const queried = await shop.queryRefund(encodeURIComponent(String(answer.json.out_refund_no)));
    expect(queried.json).toEqual(answer.json);
  });
});

describe('a refund query', () => {
  it('of an unknown number is RESOURCE_NOT_EXISTS', async () => {
    await using scene = await openScene();
    const answer = await new MerchantCalls(scene).queryRefund('NOBODY_KNOWS');
    expect(answer).toMatchObject({ status: 404, json: { code: 'RESOURCE_NOT_EXISTS' } });
  });
});
