import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulator, type Simulator } from '../src/simulator.ts';
import { type CallOptions, callApi, isAnswerSignedBy, prepayBody } from './merchant-client.ts';

const NATIVE = '/v3/pay/transactions/native';
const NOTIFY_URL = 'http://127.0.0.1:9/callback';

let simulator: Simulator;

beforeAll(async () => {
  simulator = await createSimulator({
    merchants: [
      { mchid: '1900000001' },
      { mchid: '1900000002', mode: 'public-key' },
      { mchid: '1900000003', mode: 'rotating' },
    ],
  });
  await simulator.listen();
});
afterAll(() => simulator.close());

function merchantNumber(index: number) {
  const merchant = simulator.merchants[index];
  if (merchant === undefined) throw new Error(`no merchant ${index}`);
  return merchant;
}

function prepay(outTradeNo: string, changes: Record<string, unknown> = {}, options: CallOptions = {}, index = 0) {
  const merchant = merchantNumber(index);
  const body = { ...prepayBody(merchant, outTradeNo, NOTIFY_URL), ...changes };
  return callApi(simulator.apiUrl, NATIVE, merchant, { body, ...options });
}

function query(path: string, index = 0) {
  return callApi(simulator.apiUrl, `/v3/pay/transactions/${path}`, merchantNumber(index));
}

describe('native prepay', () => {
  it('gives a code_url, and the same one to an identical repeat', async () => {
    const first = await prepay('PREPAY_SAME');
    const second = await prepay('PREPAY_SAME');
    expect(first.status).toBe(200);
    expect(first.json.code_url).toMatch(/^weixin:\/\/wxpay\/bizpayurl\?pr=\w+$/);
    expect(second.json).toEqual(first.json);
  });

  it.each([
    ['another amount', { amount: { total: 101, currency: 'CNY' } }],
    ['another description', { description: 'something else' }],
    ['another notify_url', { notify_url: 'http://127.0.0.1:9/other' }],
    ['a field more', { attach: 'x' }],
  ])('refuses a repeat with %s', async (name, changes) => {
    const outTradeNo = `REPEAT_${name.replaceAll(' ', '_')}`;
    await prepay(outTradeNo);
    const repeat = await prepay(outTradeNo, changes);
    expect(repeat).toMatchObject({ status: 403, json: { code: 'OUT_TRADE_NO_USED' } });
  });

  it('refuses a repeat of a paid order', async () => {
    await prepay('PREPAY_PAID');
    simulator.pay({ mchid: '1900000001', outTradeNo: 'PREPAY_PAID', faults: [{ kind: 'lost' }] });
    expect(await prepay('PREPAY_PAID')).toMatchObject({ status: 403, json: { code: 'OUT_TRADE_NO_USED' } });
  });

  it.each([
    ['five characters', 'ABCDE'],
    ['33 characters', 'A'.repeat(33)],
    ['a space', 'ORDER 1'],
    ['a Chinese character', 'ORDER_单'],
  ])('refuses an out_trade_no of %s', async (_name, outTradeNo) => {
    expect(await prepay(outTradeNo)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
  });

  it.each([
    ['a description of 127 characters', { description: '充'.repeat(127) }],
    ['an attach of 128 characters', { attach: '附'.repeat(128) }],
    ['an empty attach', { attach: '' }],
    ['a notify_url of 255 characters', { notify_url: `${NOTIFY_URL}/`.padEnd(255, 'x') }],
    ['an https notify_url', { notify_url: 'https://shop.example/callback' }],
    ['an amount of 1 fen', { amount: { total: 1 } }],
    ['a device_id of 32 characters', { scene_info: { device_id: 'd'.repeat(32) } }],
    ['fields that the simulator does not know', { goods_tag: 'WXG', detail: { cost_price: 1 } }],
  ])('accepts %s', async (name, changes) => {
    expect((await prepay(`GOOD_${name.replaceAll(/\W/g, '_').slice(0, 27)}`, changes)).status).toBe(200);
  });

  it.each(['ABCDEF', 'a-b_c|d*', 'Z'.repeat(32)])('accepts the out_trade_no %s', async (outTradeNo) => {
    expect((await prepay(outTradeNo)).status).toBe(200);
  });

  it.each([
    ['a zero amount', { amount: { total: 0 } }, 'PARAM_ERROR'],
    ['a fractional amount', { amount: { total: 1.5 } }, 'PARAM_ERROR'],
    ['an amount in text', { amount: { total: '100' } }, 'PARAM_ERROR'],
    ['another currency', { amount: { total: 1, currency: 'USD' } }, 'PARAM_ERROR'],
    ['no notify_url', { notify_url: undefined }, 'PARAM_ERROR'],
    ['a notify_url with a query string', { notify_url: `${NOTIFY_URL}?a=1` }, 'PARAM_ERROR'],
    ['a notify_url that is no URL', { notify_url: '/callback' }, 'PARAM_ERROR'],
    ['no description', { description: undefined }, 'PARAM_ERROR'],
    ['an empty description', { description: '' }, 'PARAM_ERROR'],
    ['a description too long by one', { description: '充'.repeat(128) }, 'PARAM_ERROR'],
    ['an attach too long by one', { attach: '附'.repeat(129) }, 'PARAM_ERROR'],
    ['a notify_url too long by one', { notify_url: `${NOTIFY_URL}/`.padEnd(256, 'x') }, 'PARAM_ERROR'],
    ['a device_id too long by one', { scene_info: { device_id: 'd'.repeat(33) } }, 'PARAM_ERROR'],
    ['a negative amount', { amount: { total: -1 } }, 'PARAM_ERROR'],
    ['no amount', { amount: undefined }, 'PARAM_ERROR'],
    ['no mchid', { mchid: undefined }, 'PARAM_ERROR'],
    ['no appid', { appid: undefined }, 'PARAM_ERROR'],
    ['a time_expire in the past', { time_expire: '2020-01-01T00:00:00+08:00' }, 'PARAM_ERROR'],
    ['another merchant in the body', { mchid: '1900000002' }, 'PARAM_ERROR'],
    ['an appid of nobody', { appid: 'wx0000000000000000' }, 'APPID_MCHID_NOT_MATCH'],
  ])('refuses %s', async (name, changes, code) => {
    const answer = await prepay(`BAD_${name.replaceAll(/\W/g, '_').slice(0, 28)}`, changes);
    expect(answer).toMatchObject({ status: 400, json: { code } });
    expect(answer.json.message).toMatch(/\.$/);
  });

  it('keeps the same number of two merchants apart', async () => {
    expect((await prepay('SHARED_NO')).status).toBe(200);
    expect((await prepay('SHARED_NO', { description: 'other' }, {}, 1)).status).toBe(200);
  });
});

describe('a query', () => {
  it('answers NOTPAY without payment fields, then SUCCESS with all of them', async () => {
    await prepay('QUERY_ME', { attach: 'user-7' });
    const unpaid = await query('out-trade-no/QUERY_ME?mchid=1900000001');
    expect(unpaid.json).toMatchObject({ trade_state: 'NOTPAY', out_trade_no: 'QUERY_ME', amount: { total: 100 } });
    expect(unpaid.json).not.toHaveProperty('transaction_id');
    expect(unpaid.json).not.toHaveProperty('success_time');
    expect(unpaid.json.amount).not.toHaveProperty('payer_total');

    const transactionId = '4200002740202507127224774049';
    const successTimeMs = Date.parse('2025-07-12T00:57:19+08:00');
    const paid = { mchid: '1900000001', outTradeNo: 'QUERY_ME', transactionId, successTimeMs };
    expect(simulator.pay({ ...paid, faults: [{ kind: 'lost' }] }).kind).toBe('paid');
    const answer = await query('out-trade-no/QUERY_ME?mchid=1900000001');
    expect(answer.json).toMatchObject({
      mchid: '1900000001',
      transaction_id: transactionId,
      trade_type: 'NATIVE',
      trade_state: 'SUCCESS',
      success_time: '2025-07-12T00:57:19+08:00',
      attach: 'user-7',
      amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
    });
    expect((await query(`id/${transactionId}?mchid=1900000001`)).json).toEqual(answer.json);
  });

  it('draws a transaction_id of 28 digits that carries the day in Beijing', async () => {
    await prepay('DRAWN_ID');
    const successTimeMs = Date.parse('2025-07-11T16:30:00Z');
    const paid = simulator.pay({
      mchid: '1900000001',
      outTradeNo: 'DRAWN_ID',
      successTimeMs,
      faults: [{ kind: 'lost' }],
    });
    expect(paid).toMatchObject({ kind: 'paid', transactionId: expect.stringMatching(/^42000\d{5}20250712\d{10}$/) });
  });

  it('answers 404 ORDER_NOT_EXIST as JSON for an unknown order, and for an order of someone else', async () => {
    const unknown = await query('out-trade-no/NOBODY_KNOWS?mchid=1900000001');
    expect(unknown).toMatchObject({ status: 404, json: { code: 'ORDER_NOT_EXIST' } });
    expect(unknown.headers.get('request-id')).toMatch(/-268512771$/);
    await prepay('NOT_YOURS');
    expect((await query('out-trade-no/NOT_YOURS?mchid=1900000002', 1)).status).toBe(404);
  });

  it('refuses a missing mchid and one that is not the signer’s', async () => {
    await prepay('QUERY_MCHID');
    for (const path of ['out-trade-no/QUERY_MCHID', 'out-trade-no/QUERY_MCHID?mchid=1900000002']) {
      expect(await query(path)).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    }
  });

  it('is found under a number that had to be encoded in the URL', async () => {
    await prepay('A|B*C-1');
    expect((await query('out-trade-no/A%7CB*C-1?mchid=1900000001')).json.trade_state).toBe('NOTPAY');
  });
});

describe('an answer', () => {
  it('follows the Wechatpay-Serial of the request while a merchant rotates', async () => {
    const rotating = merchantNumber(2);
    const plain = await prepay('ROTATING_1', {}, {}, 2);
    expect(isAnswerSignedBy(plain, rotating.platform.publicKeyPem)).toBe(true);
    const headers = { 'Wechatpay-Serial': rotating.publicKey.id };
    const asked = await prepay('ROTATING_1', {}, { headers }, 2);
    expect(asked.headers.get('wechatpay-serial')).toBe(rotating.publicKey.id);
    expect(isAnswerSignedBy(asked, rotating.publicKey.publicKeyPem)).toBe(true);
    const foreign = await prepay('ROTATING_1', {}, { headers: { 'Wechatpay-Serial': 'PUB_KEY_ID_1' } }, 2);
    expect(foreign).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
  });
});
