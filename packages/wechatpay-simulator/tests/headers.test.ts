import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { MerchantCalls } from './merchant-calls.ts';
import { type CallAnswer, isAnswerSignedBy } from './merchant-client.ts';
import { openScene } from './simulated-merchant.ts';

// Rules: facts §3.1 (pages 4012365334, 4013053420, 4012081717; wechatpay-skills 排障手册).

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const WINDOW_MS = 300_000;
const CERTIFICATES = '/v3/certificates';

function openShopScene() {
  return openScene(() => 204, { clockStartMs: START_MS });
}

function signatureHeadersOf(answer: CallAnswer): string[] {
  return [...answer.headers.keys()].filter((name) => name.startsWith('wechatpay-'));
}

describe('a request', () => {
  it.each([
    ['without Authorization', () => ''],
    ['with another scheme', (text: string) => text.replace('RSA2048', 'RSA4096')],
    ['without a nonce', (text: string) => text.replace(/nonce_str="\w+",/, '')],
    ['with another nonce than the signed one', (text: string) => text.replace('nonce_str="', 'nonce_str="0')],
    ['of an unknown merchant', (text: string) => text.replace('1900000001', '1900000009')],
    ['with another serial', (text: string) => text.replace('serial_no="', 'serial_no="0')],
    ['with a timestamp that is no number', (text: string) => text.replace('timestamp="', 'timestamp="x')],
  ])('%s is refused with 401 SIGN_ERROR', async (_name, forgeAuthorization) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).call(CERTIFICATES, { forgeAuthorization });
    expect(answer).toMatchObject({ status: 401, json: { code: 'SIGN_ERROR' } });
  });

  it('whose signature is wrong is told what was verified, the body cut short', async () => {
    await using scene = await openShopScene();
    const shop = new MerchantCalls(scene);
    const forgeAuthorization = (text: string) => text.replace('signature="', 'signature="AAAA');
    const { json } = await shop.call('/v3/pay/transactions/native', {
      body: { amount: { total: 1 }, description: '充值' },
      forgeAuthorization,
    });
    expect(json).toMatchObject({
      code: 'SIGN_ERROR',
      detail: {
        detail: { issue: 'sign not match' },
        field: 'signature',
        location: 'authorization',
        sign_information: { method: 'POST', url: '/v3/pay/transactions/native' },
      },
    });
    const { sign_information: shown } = json.detail as { sign_information: Record<string, unknown> };
    const lines = String(shown.truncated_sign_message).split('\n');
    expect(lines).toEqual([
      'POST',
      '/v3/pay/transactions/native',
      String(START_MS / 1000),
      expect.stringMatching(/^\w{32}$/),
      '{"amount',
      '',
    ]);
    const headLength = lines.slice(0, 4).join('\n').length + 1;
    const body = JSON.stringify({ amount: { total: 1 }, description: '充值' });
    expect(shown.sign_message_length).toBe(headLength + Buffer.byteLength(body) + 1);
  });

  it.each([
    ['300 s behind', -WINDOW_MS, 200],
    ['300 s ahead', WINDOW_MS, 200],
    ['301 s behind', -WINDOW_MS - 1_000, 401],
    ['301 s ahead', WINDOW_MS + 1_000, 401],
  ])('from a clock that is %s of the simulator’s is answered with %i', async (_name, skewMs, status) => {
    await using scene = await openShopScene();
    const { simulator } = scene;
    await simulator.clock.advance(3_600_000);
    const nowMs = simulator.clock.now() + skewMs;
    const answer = await new MerchantCalls(scene).call(CERTIFICATES, { nowMs });
    expect(answer.status).toBe(status);
    if (status === 401) expect(answer.json.code).toBe('SIGN_ERROR');
  });

  it('from the machine’s own clock is refused while the simulator’s is elsewhere', async () => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).call(CERTIFICATES, { nowMs: Date.now() });
    expect(answer).toMatchObject({ status: 401, json: { code: 'SIGN_ERROR' } });
  });

  it.each([
    ['User-Agent', { 'User-Agent': '' }],
    ['Accept', { Accept: 'text/html' }],
  ])('without a fitting %s is refused with 400', async (name, headers) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).call(CERTIFICATES, { headers });
    expect(answer).toMatchObject({ status: 400, json: { code: 'PARAM_ERROR' } });
    expect(answer.json.message).toContain(name);
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'text/plain, application/json', '*/*'])(
    'may accept %s',
    async (accept) => {
      await using scene = await openShopScene();
      const answer = await new MerchantCalls(scene).call(CERTIFICATES, { headers: { Accept: accept } });
      expect(answer.status).toBe(200);
    },
  );

  it('that has neither User-Agent nor Accept at all is refused with 400', async () => {
    await using scene = await openShopScene();
    expect(await statusOfBareRequest(scene.simulator.apiUrl, CERTIFICATES)).toBe(400);
  });
});

describe('a 2xx answer', () => {
  it('is signed over its timestamp, nonce and body, and carries a Request-ID', async () => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).prepay('native', 'SIGNED_1');
    expect(isAnswerSignedBy(answer, scene.merchant.platform.publicKeyPem)).toBe(true);
    expect(Object.fromEntries(answer.headers)).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'request-id': expect.stringMatching(/^08[0-9A-F]+-0$/),
      'wechatpay-serial': scene.merchant.platform.serial,
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
      'wechatpay-timestamp': String(START_MS / 1000),
      'wechatpay-nonce': expect.stringMatching(/^\w{32}$/),
    });
  });

  it('is signed by the public key for a merchant that has only that', async () => {
    await using scene = await openScene(() => 204, { merchants: [{ mchid: '1900000001', mode: 'public-key' }] });
    const answer = await new MerchantCalls(scene).prepay('native', 'SIGNED_2');
    expect(answer.headers.get('wechatpay-serial')).toBe(scene.merchant.publicKey.id);
    expect(isAnswerSignedBy(answer, scene.merchant.publicKey.publicKeyPem)).toBe(true);
  });

  it('has a Request-ID of its own', async () => {
    await using scene = await openShopScene();
    const shop = new MerchantCalls(scene);
    const ids = await Promise.all([1, 2, 3].map(async () => (await shop.call(CERTIFICATES)).headers.get('request-id')));
    expect(new Set(ids).size).toBe(3);
  });
});

describe('the Date of an answer', () => {
  it.each([
    ['2xx', CERTIFICATES],
    ['4xx', '/v3/pay/transactions/out-trade-no/NOBODY?mchid=1900000001'],
    ['an unknown path', '/v3/no/such/path'],
  ])('to %s is the simulator’s', async (_name, path) => {
    await using scene = await openShopScene();
    const shop = new MerchantCalls(scene);
    expect((await shop.call(path)).headers.get('date')).toBe('Fri, 11 Jul 2025 16:57:19 GMT');
    await scene.simulator.clock.advance(3_600_000);
    expect((await shop.call(path)).headers.get('date')).toBe('Fri, 11 Jul 2025 17:57:19 GMT');
  });
});

describe('an answer that refuses', () => {
  it.each([
    ['400', 'out-trade-no/SOME_ORDER', 0],
    ['404', 'out-trade-no/NOBODY_KNOWS?mchid=1900000001', 268512771],
  ])('with %s is unsigned JSON, with its error number in the Request-ID', async (status, path, errorNumber) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).call(`/v3/pay/transactions/${path}`);
    expect(answer.status).toBe(Number(status));
    expect(signatureHeadersOf(answer)).toEqual([]);
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(answer.headers.get('request-id')).toMatch(new RegExp(`^08[0-9A-F]+-${errorNumber}$`));
  });

  it.each([
    ['an unknown path', 'GET', '/v3/no/such/path'],
    ['a method the path does not have', 'GET', '/v3/pay/transactions/native'],
    ['a POST where there is only a GET', 'POST', CERTIFICATES],
    ['a path that is not percent-encoded right', 'GET', '/v3/pay/transactions/out-trade-no/%zz'],
    ['a number longer than any path takes', 'GET', `/v3/pay/transactions/out-trade-no/${'x'.repeat(200)}`],
  ] as const)('to %s is the HTML of a web server, unsigned', async (_name, method, path) => {
    await using scene = await openShopScene();
    const answer = await new MerchantCalls(scene).call(path, { method });
    expect(answer.status).toBe(404);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.text).toContain('<center>nginx</center>');
    expect(Date.parse(answer.headers.get('date') ?? '')).toBe(START_MS);
    expect(answer.headers.get('request-id')).toMatch(/-0$/);
    expect(signatureHeadersOf(answer)).toEqual([]);
  });
});

/** fetch always sends both headers; a socket does not. */
function statusOfBareRequest(apiUrl: string, path: string): Promise<number> {
  const { hostname, port, host } = new URL(apiUrl);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.once('error', reject);
    socket.once('data', (data) => {
      resolve(Number(data.toString().split(' ')[1]));
      socket.destroy();
    });
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\n\r\n`);
  });
}
