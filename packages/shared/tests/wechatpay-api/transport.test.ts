import { systemClock } from '@payguard/shared/clock/clock';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { NOTIFY_URL, refundOf } from './open-test-client.ts';
import { type Answer, MCHID, openScriptedWechatPay, type ScriptedWechatPay } from './scripted-wechatpay.ts';

let wechatPay: ScriptedWechatPay;
beforeAll(async () => {
  wechatPay = await openScriptedWechatPay();
});
afterAll(() => wechatPay.close());

const unpaid = (outTradeNo = 'ORDER_0001', mchid = MCHID): Answer => ({
  status: 200,
  body: JSON.stringify({ mchid, out_trade_no: outTradeNo, trade_state: 'NOTPAY', amount: { total: 1 } }),
});
const busy: Answer = { status: 503, body: '{"code":"SERVICE_UNAVAILABLE","message":"busy"}' };
const found = { outcome: 'found', order: { tradeState: 'NOTPAY' } };

describe('what goes over the wire', () => {
  it('is the same body at every repeat, under a new signature each time', async () => {
    const { url, requests } = await wechatPay.serve((_request, n) =>
      n < 2 ? busy : { status: 200, body: '{"code_url":"weixin://1"}' },
    );
    const { client } = wechatPay.open({ apiUrls: [url] });
    const expiresAt = Date.UTC(2030, 0, 1, 12, 30, 15, 250);
    const order = { appid: 'wx1', outTradeNo: 'ORDER_0001', description: '充值', amountTotal: 100, expiresAt };
    await client.prepay({ ...order, tradeType: 'native', notifyUrl: NOTIFY_URL });
    expect(requests).toHaveLength(3);
    expect(new Set(requests.map(({ body }) => body)).size).toBe(1);
    expect(new Set(requests.map(({ headers }) => headers.authorization)).size).toBe(3);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      ...{ appid: 'wx1', mchid: MCHID, description: '充值', out_trade_no: 'ORDER_0001' },
      ...{ time_expire: '2030-01-01T12:30:15+00:00', notify_url: NOTIFY_URL },
      amount: { total: 100, currency: 'CNY' },
    });
    expect(requests[0]?.headers).toMatchObject({
      ...{ accept: 'application/json', 'content-type': 'application/json', 'user-agent': 'payguard/1' },
      'wechatpay-serial': '5A1B2C3D4E5F60718293A4B5C6D7E8F901234567',
      authorization: expect.stringMatching(/^WECHATPAY2-SHA256-RSA2048 mchid="1900000001",nonce_str="[0-9a-f]{32}",/),
    });
  });

  it('of a refund names payment, amounts and where to tell of it', async () => {
    const { url, requests } = await wechatPay.serve(() => ({ status: 403, body: '{"code":"NO_AUTH","message":""}' }));
    await wechatPay.open({ apiUrls: [url] }).client.sendRefund(refundOf('4200', 'ORDER_0001', 'REFUND_1'));
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({
      ...{ transaction_id: '4200', out_refund_no: 'REFUND_1', reason: '多付', notify_url: NOTIFY_URL },
      amount: { refund: 30, total: 100, currency: 'CNY' },
    });
  });

  it('of a query is a path encoded as it was signed, without a body', async () => {
    const { url, requests } = await wechatPay.serve(() => unpaid('a|b*c-_'));
    expect(await wechatPay.open({ apiUrls: [url] }).client.queryOrder('a|b*c-_')).toMatchObject(found);
    const target = `/v3/pay/transactions/out-trade-no/a%7Cb*c-_?mchid=${MCHID}`;
    expect(requests).toMatchObject([{ method: 'GET', target, body: '' }]);
  });
});

describe('the second entry point', () => {
  it.each(['is away', 'answers 5xx'])('serves when the first %s, and is asked first for a minute', async (how) => {
    const second = await wechatPay.serve(() => unpaid());
    const first = how === 'is away' ? { url: 'http://127.0.0.1:9' } : await wechatPay.serve(() => busy);
    const { client, attempts } = wechatPay.open({ apiUrls: [first.url, second.url] });
    expect(await client.queryOrder('ORDER_0001')).toMatchObject(found);
    expect(await client.queryOrder('ORDER_0001')).toMatchObject(found);
    expect(attempts.map(({ outcome }) => outcome).slice(1)).toEqual(['answered', 'answered']);
  });

  it('is not asked for what the first refuses', async () => {
    const first = await wechatPay.serve(() => ({ status: 403, body: '{"code":"NO_AUTH","message":"no"}' }));
    const second = await wechatPay.serve(() => unpaid());
    const { client } = wechatPay.open({ apiUrls: [first.url, second.url] });
    expect(await client.queryOrder('ORDER_0001')).toMatchObject({ outcome: 'refused', code: 'NO_AUTH' });
    expect(second.requests).toEqual([]);
  });
});

describe('an answer that is truly signed', () => {
  const refund = { refund_id: '50', out_refund_no: 'REFUND_1', transaction_id: '4200', out_trade_no: 'ORDER_0001' };
  const amounts = { status: 'PROCESSING', amount: { refund: 30, total: 100 } };

  it('is not believed when it is about another order, merchant, refund or payment', async () => {
    const untrusted = { outcome: 'unavailable', reason: 'untrusted', status: 200, requestId: 'request-1' };
    const clientThatGets = async (answer: Answer) => {
      const { url, requests } = await wechatPay.serve(() => answer);
      return { ...wechatPay.open({ apiUrls: [url] }), requests };
    };
    const otherOrder = await clientThatGets(unpaid('ORDER_0002'));
    expect(await otherOrder.client.queryOrder('ORDER_0001')).toMatchObject(untrusted);
    expect(otherOrder.requests).toHaveLength(1);
    expect(otherOrder.logLines).toHaveLength(1);
    const otherMerchant = await clientThatGets(unpaid('ORDER_0001', '1900000002'));
    expect(await otherMerchant.client.queryOrder('ORDER_0001')).toMatchObject(untrusted);
    const { client } = await clientThatGets({ status: 200, body: JSON.stringify({ ...refund, ...amounts }) });
    expect(await client.queryRefund('REFUND_2')).toMatchObject(untrusted);
    expect(await client.sendRefund(refundOf('4201', 'ORDER_0001', 'REFUND_1'))).toMatchObject(untrusted);
    expect(await client.sendRefund(refundOf('4200', 'ORDER_0002', 'REFUND_1'))).toMatchObject(untrusted);
    expect(await client.sendRefund(refundOf('4200', 'ORDER_0001', 'REFUND_1'))).toMatchObject({ outcome: 'found' });
  });

  it.each([
    ['no JSON', 'ok'],
    ['an unknown trade_state', unpaid().body.replace('NOTPAY', 'ACCEPT')],
    ['a payment without its amount', unpaid().body.replace('NOTPAY', 'SUCCESS')],
  ])('concludes nothing when it has %s', async (_what, body) => {
    const { url } = await wechatPay.serve(() => ({ status: 200, body }));
    const outcome = await wechatPay.open({ apiUrls: [url] }).client.queryOrder('ORDER_0001');
    expect(outcome).toMatchObject({ outcome: 'unavailable', reason: 'not_wechatpay', status: 200 });
  });

  it('concludes nothing when it closes an order with anything but 204', async () => {
    const { url } = await wechatPay.serve(() => ({ status: 200, body: '' }));
    const outcome = await wechatPay.open({ apiUrls: [url] }).client.closeOrder('ORDER_0001');
    expect(outcome).toMatchObject({ outcome: 'unavailable', reason: 'not_wechatpay' });
  });
});

describe('an answer of somebody else on the way', () => {
  it('is not read to its end when it is too long', async () => {
    const { url, requests } = await wechatPay.serve(() => ({ status: 200, body: 'x'.repeat(2 * 1024 * 1024) }));
    const outcome = await wechatPay.open({ apiUrls: [url] }).client.queryOrder('ORDER_0001');
    expect(outcome).toMatchObject({ outcome: 'unavailable', reason: 'not_wechatpay' });
    expect(requests).toHaveLength(1);
  });

  it('is given up when it falls silent in the middle', async () => {
    const { url } = await wechatPay.serve((_request, n) => ({ ...unpaid(), stalls: n === 0 }));
    const { client, attempts } = wechatPay.open({ apiUrls: [url] });
    expect(await client.queryOrder('ORDER_0001')).toMatchObject(found);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['timeout', 'answered']);
  });

  it('is not followed to another place', async () => {
    const other = await wechatPay.serve(() => unpaid());
    const { url } = await wechatPay.serve(() => ({ status: 302, body: '', headers: { location: other.url } }));
    const outcome = await wechatPay.open({ apiUrls: [url] }).client.queryOrder('ORDER_0001');
    expect(outcome).toMatchObject({ outcome: 'unavailable', reason: 'not_wechatpay', status: 302 });
    expect(other.requests).toEqual([]);
  });
});

it('closes an order that WeChat Pay says is closed already', async () => {
  const { url } = await wechatPay.serve(() => ({ status: 400, body: '{"code":"ORDER_CLOSED","message":"closed"}' }));
  expect(await wechatPay.open({ apiUrls: [url] }).client.closeOrder('ORDER_0001')).toEqual({ outcome: 'closed' });
});

it('sends nothing without a slot in the budget, and no repeat without another one', async () => {
  const { url, requests } = await wechatPay.serve(() => unpaid());
  const startedAt = systemClock.now();
  // The 9 s of a call are 1.8 s here: the first question to the database is part of them.
  const fivefold = { now: () => startedAt + (systemClock.now() - startedAt) * 5 };
  const { client, attempts, close } = wechatPay.open({ apiUrls: [url], clock: fivefold, requestsPerSecond: 1 });
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => client.queryOrder('ORDER_0001')));
  const unsent = outcomes.filter((outcome) => outcome.outcome === 'unavailable' && outcome.reason === 'no_budget');
  expect(unsent.length).toBeGreaterThan(0);
  expect(requests.length).toBeGreaterThan(0);
  expect(requests.length).toBe(30 - unsent.length);
  expect(attempts.filter(({ outcome }) => outcome === 'no_budget')).toHaveLength(unsent.length);

  await close();
  await close();
  const sent = requests.length;
  expect(await client.queryOrder('ORDER_0001')).toMatchObject({ reason: 'no_budget', status: null });
  expect(requests.length).toBe(sent);
});
