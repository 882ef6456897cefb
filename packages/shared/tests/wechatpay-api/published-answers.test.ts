import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRefund } from '../../src/wechatpay-api/read-refund.ts';
import { refundSchema, transactionSchema } from '../../src/wechatpay-verify/notification.ts';
import published from '../vectors/api-answers.json' with { type: 'json' };
import { NOTIFY_URL, refundOf } from './open-test-client.ts';
import { openScriptedWechatPay, type ScriptedWechatPay } from './scripted-wechatpay.ts';

// Bodies of real answers, from public SDKs' tests and from users' reports; each answer of the file names its source. They
// come without signatures, so that a server of our own signs the 2xx among them. A merchant number that was made
// unreadable with X gets zeros back.

type Published = { name: string; status: number; body: string };

const answers = new Map<string, Published>(
  published.answers.map(({ name, status, body, rawBody }) => {
    const text = rawBody ?? JSON.stringify(body).replace(/(?<="mchid":"\d+)XXX/, '000');
    return [name, { name, status: status ?? 0, body: text }];
  }),
);

let wechatPay: ScriptedWechatPay;
beforeAll(async () => {
  wechatPay = await openScriptedWechatPay();
});
afterAll(() => wechatPay.close());

/** A client of the merchant, of whom every request gets the published answer. */
async function clientThatGets(name: string, mchid = '1230000109') {
  const { status, body } = answerNamed(name);
  const { url } = await wechatPay.serve(() => ({ status, body }));
  return wechatPay.open({ apiUrls: [url], mchid }).client;
}

function answerNamed(name: string): Published {
  const answer = answers.get(name);
  if (answer === undefined) throw new Error(`no published answer "${name}"`);
  return answer;
}

/** What each of them means. */
const READINGS: Record<string, () => Promise<unknown>> = {
  'query SUCCESS (NATIVE)': async () => {
    const client = await clientThatGets('query SUCCESS (NATIVE)');
    const outTradeNo = 'S20210119074247105778399200';
    expect(await client.queryOrder(outTradeNo)).toEqual({
      outcome: 'found',
      requestId: 'request-1',
      order: {
        ...{ tradeState: 'SUCCESS', mchid: '1230000109', appid: 'wxd678efh567hg6787', outTradeNo },
        ...{ transactionId: '4200000914202101195554393855', amountTotal: 1, currency: 'CNY' },
        successTime: '2021-01-19T15:43:01+08:00',
      },
    });
  },
  'query SUCCESS (JSAPI, promotion_detail [])': async () => {
    const client = await clientThatGets('query SUCCESS (JSAPI, promotion_detail [])', '1900006000');
    const order = { tradeState: 'SUCCESS', transactionId: '4200000891202103228088184743', amountTotal: 1 };
    expect(await client.queryOrder('44_2126281063_5504')).toMatchObject({ outcome: 'found', order });
  },
  // The content of a notification, which wechatpay-verify reads.
  'decrypted transaction resource with promotion_detail and scene_info': async () => {
    const { body } = answerNamed('decrypted transaction resource with promotion_detail and scene_info');
    expect(transactionSchema.parse(JSON.parse(body))).toMatchObject({ amount: { total: 100, currency: 'CNY' } });
  },
  // The same; a notification says refund_status where the API says status, so that neither passes for the other.
  'decrypted refund resource': async () => {
    const { body } = answerNamed('decrypted refund resource');
    const { out_refund_no } = refundSchema.parse(JSON.parse(body));
    expect(readRefund(Buffer.from(body), { outRefundNo: out_refund_no })).toMatchObject({ reason: 'not_wechatpay' });
  },
  'refund PROCESSING (zero success_time 0001-01-01T00:00:00Z seen in a captured answer)': async () => {
    const name = 'refund PROCESSING (zero success_time 0001-01-01T00:00:00Z seen in a captured answer)';
    const outRefundNo = 'S20210201151309277501';
    expect(await (await clientThatGets(name)).queryRefund(outRefundNo)).toEqual({
      outcome: 'found',
      requestId: 'request-1',
      refund: {
        ...{ refundId: '50300807092021020105990201735', outRefundNo, status: 'PROCESSING', successTime: null },
        ...{ transactionId: '4200000925202101284997714292', outTradeNo: 'S20210128170702357723' },
        ...{ amountRefund: 1, amountTotal: 1 },
      },
    });
  },
  'refund SUCCESS': async () => {
    const number = '1217752501201407033233368018';
    const client = await clientThatGets('refund SUCCESS');
    const refund = { status: 'SUCCESS', amountRefund: 100, successTime: '2020-12-01T16:18:12+08:00' };
    expect(await client.queryRefund(number)).toMatchObject({ outcome: 'found', refund });
    expect(await client.sendRefund(refundOf(number, number, number))).toMatchObject({ outcome: 'found', refund });
  },
  'native prepay': async () => {
    const client = await clientThatGets('native prepay');
    const codeUrl = 'weixin://wxpay/bizpayurl/up?pr=NwY5Mz9&groupid=00';
    expect(await client.prepay(order)).toEqual({ outcome: 'prepaid', result: { tradeType: 'native', codeUrl } });
  },
  'close order': async () => {
    expect(await (await clientThatGets('close order')).closeOrder(order.outTradeNo)).toEqual({ outcome: 'closed' });
  },
  // Nothing here asks for bills; whoever takes this for another answer concludes nothing.
  'tradebill apply': async () => {
    const client = await clientThatGets('tradebill apply');
    const nothing = { outcome: 'unavailable', reason: 'not_wechatpay', status: 200 };
    expect(await client.queryOrder(order.outTradeNo)).toMatchObject(nothing);
    expect(await client.prepay(order)).toMatchObject(nothing);
  },
  ORDER_NOT_EXIST: async () => {
    const client = await clientThatGets('ORDER_NOT_EXIST');
    expect(await client.queryOrder(order.outTradeNo)).toEqual({ outcome: 'not_exist', requestId: 'request-1' });
    const refused = { outcome: 'refused', status: 404, code: 'ORDER_NOT_EXIST', message: '订单不存在' };
    expect(await client.closeOrder(order.outTradeNo)).toMatchObject(refused);
    expect(await client.queryRefund('REFUND_1')).toMatchObject(refused);
  },
  SYSTEM_ERROR: async () => {
    const outcome = await (await clientThatGets('SYSTEM_ERROR')).queryOrder(order.outTradeNo);
    expect(outcome).toMatchObject({
      outcome: 'unavailable',
      reason: 'server_error',
      status: 500,
      code: 'SYSTEM_ERROR',
    });
  },
  'SIGN_ERROR with detail': async () => {
    const outcome = await (await clientThatGets('SIGN_ERROR with detail')).queryOrder(order.outTradeNo);
    expect(outcome).toMatchObject({ outcome: 'refused', status: 401, code: 'SIGN_ERROR' });
  },
  'no platform certificate (public-key-only merchant)': async () => {
    const client = await clientThatGets('no platform certificate (public-key-only merchant)');
    const refused = { outcome: 'refused', status: 404, code: 'RESOURCE_NOT_EXISTS' };
    expect(await client.queryOrder(order.outTradeNo)).toMatchObject(refused);
    expect(await client.queryRefund('REFUND_1')).toMatchObject({ outcome: 'not_exist' });
  },
  'gateway 404 html': async () => {
    const client = await clientThatGets('gateway 404 html');
    const nothing = { outcome: 'unavailable', reason: 'not_wechatpay', status: 404, code: null };
    expect(await client.queryOrder(order.outTradeNo)).toMatchObject(nothing);
    expect(await client.queryRefund('REFUND_1')).toMatchObject(nothing);
  },
};

const order = {
  ...{ tradeType: 'native' as const, appid: 'wxd678efh567hg6787', outTradeNo: 'ORDER_0001', amountTotal: 100 },
  ...{ description: '充值', expiresAt: Date.UTC(2030, 0, 1), notifyUrl: NOTIFY_URL },
};

describe('a published answer', () => {
  it.each([...answers.keys()])('means what it says: %s', async (name) => {
    const reading = READINGS[name];
    if (reading === undefined) throw new Error(`the answer "${name}" of the vectors is not read by any test`);
    await reading();
  });

  it('is not expected that the vectors do not have', () => {
    expect(Object.keys(READINGS).sort()).toEqual([...answers.keys()].sort());
  });
});
