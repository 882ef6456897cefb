import { afterAll, beforeAll, expect, it } from 'vitest';
import { NOTIFY_URL } from './open-test-client.ts';
import { type Answer, openScriptedWechatPay, type ScriptedWechatPay } from './scripted-wechatpay.ts';

let wechatPay: ScriptedWechatPay;
beforeAll(async () => {
  wechatPay = await openScriptedWechatPay();
});
afterAll(() => wechatPay.close());

const refusal = (status: number, code: string): Answer => ({
  status,
  body: JSON.stringify({ code, message: 'what WeChat Pay says', detail: { truncated_sign_message: 'POST\nsecret' } }),
});

/** Prepays for a payer; what WeChat Pay says to it ends up in the log. */
async function prepayWith(answer: Answer) {
  const { url, requests } = await wechatPay.serve(() => answer);
  const { client, logLines } = wechatPay.open({ apiUrls: [url] });
  const order = {
    appid: 'wx1',
    outTradeNo: 'ORDER_0001',
    description: '充值',
    amountTotal: 100,
    notifyUrl: NOTIFY_URL,
  };
  await client.prepay({ ...order, expiresAt: Date.UTC(2030, 0, 1), tradeType: 'jsapi', openid: 'oSecretPayer' });
  return { requests, logLines };
}

it.each<[string, Answer, object]>([
  ['a refusal', refusal(403, 'NO_AUTH'), { level: 'warn', status: 403, code: 'NO_AUTH', attempts: 1 }],
  ['a signature that is not accepted', refusal(401, 'SIGN_ERROR'), { level: 'error', code: 'SIGN_ERROR', attempts: 1 }],
  ['a server error', refusal(500, 'SYSTEM_ERROR'), { level: 'warn', reason: 'server_error', attempts: 3 }],
  ['a gateway', { status: 404, body: '<html>' }, { level: 'warn', reason: 'not_wechatpay', code: null }],
  ['an answer that reads wrong', { status: 200, body: '{"prepay":"id"}' }, { level: 'warn', reason: 'not_wechatpay' }],
])(
  '%s is one line that says which call, what and where to find it again, and nothing secret',
  async (_what, answer, fields) => {
    const { requests, logLines } = await prepayWith(answer);
    expect(logLines).toHaveLength(1);
    const [line = ''] = logLines;
    const known = { mchid: '1900000001', api: 'prepay', outTradeNo: 'ORDER_0001', requestId: 'request-1' };
    expect(JSON.parse(line)).toMatchObject({ ...known, ...fields, detail: expect.any(String) });

    for (const { headers } of requests) {
      const [, nonce = '?', signature = '?'] =
        /nonce_str="(\w+)",signature="([^"]+)"/.exec(headers.authorization ?? '') ?? [];
      expect(nonce).toHaveLength(32);
      expect(line).not.toContain(nonce);
      expect(line).not.toContain(signature);
    }
    for (const secret of ['oSecretPayer', 'PRIVATE KEY', 'truncated_sign_message', 'WECHATPAY2']) {
      expect(line).not.toContain(secret);
    }
  },
);

it('an answer that was expected is no line', async () => {
  const { url } = await wechatPay.serve(() => refusal(404, 'ORDER_NOT_EXIST'));
  const { client, logLines } = wechatPay.open({ apiUrls: [url] });
  expect(await client.queryOrder('ORDER_0001')).toMatchObject({ outcome: 'not_exist' });
  expect(logLines).toEqual([]);
});
