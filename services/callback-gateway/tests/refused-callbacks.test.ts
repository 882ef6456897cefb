import { createPrivateKey } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { encryptResource } from 'wechatpay-simulator/notifications/encrypt-resource';
import { forgeNotification } from 'wechatpay-simulator/notifications/forge-notification';
import { NO_BROKER } from '../../../packages/shared/tests/kafka/no-broker.ts';
import { type GatewayWorld, openGatewayWorld } from './gateway-world.ts';
import { logEntries } from './log-entries.ts';
import { type CallbackAnswer, postCallback } from './post-callback.ts';
import { newOrderNumber, paymentBody, type SignedCallback, signedBy } from './signed-callback.ts';
import { createTopics, sharedBrokers } from './test-brokers.ts';
import { readTopics, type TopicReader } from './topic-reader.ts';
import { type ConnectionWatch, watchConnections } from './watch-connections.ts';

const LOG_TIMEOUT_MS = 5_000;

let world: GatewayWorld;
let topics: TopicReader;
let connections: ConnectionWatch;

beforeAll(async () => {
  await createTopics(sharedBrokers());
  world = await openGatewayWorld({ brokers: sharedBrokers() });
  topics = await readTopics(sharedBrokers(), ['payment.confirmed', 'payment.refunded', 'payment.callback-log'], 'now');
  await world.ready();
  connections = watchConnections();
});
afterAll(async () => {
  connections?.stop();
  await topics?.close();
  await world?.stop();
});

/** Refused means: this status, the APIv3 form of a refusal, no event, and nobody called for advice. */
async function expectRefused(answer: CallbackAnswer, status: number, outTradeNo: string) {
  expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.any(String) });
  const refusal = JSON.parse(answer.text);
  expect(refusal).toEqual({ code: 'FAIL', message: expect.stringMatching(/./) });
  const published = (await topics.recordsWith(outTradeNo)).filter((record) => record.topic !== 'payment.callback-log');
  expect(published).toEqual([]);
  const allowed = [...sharedBrokers(), NO_BROKER, `127.0.0.1:${world.port}`, new URL(world.operationsUrl).host];
  expect([...connections.attempted].filter((address) => !allowed.includes(address))).toEqual([]);
}

async function genuine(outTradeNo: string, how: Parameters<typeof signedBy>[2] = {}): Promise<SignedCallback> {
  return signedBy(world.merchant, paymentBody(world.merchant, outTradeNo), how);
}

function without(callback: SignedCallback, name: string): SignedCallback {
  const headers = Object.entries(callback.headers).filter(([key]) => key !== name);
  return { ...callback, headers: Object.fromEntries(headers) };
}

function changed(callback: SignedCallback, headers: Record<string, string>): SignedCallback {
  return { ...callback, headers: { ...callback.headers, ...headers } };
}

type Case = [
  what: string,
  status: number,
  make: (outTradeNo: string) => Promise<{ headers: Record<string, string>; body: string | Buffer }>,
];

const cases: Case[] = [
  ['without Wechatpay-Serial', 400, async (n) => without(await genuine(n), 'Wechatpay-Serial')],
  ['without Wechatpay-Signature', 400, async (n) => without(await genuine(n), 'Wechatpay-Signature')],
  ['without Wechatpay-Timestamp', 400, async (n) => without(await genuine(n), 'Wechatpay-Timestamp')],
  ['without Wechatpay-Nonce', 400, async (n) => without(await genuine(n), 'Wechatpay-Nonce')],
  [
    'of another signature type',
    400,
    async (n) => changed(await genuine(n), { 'Wechatpay-Signature-Type': 'WECHATPAY2-SM2-WITH-SM3' }),
  ],
  [
    'in v2 XML',
    400,
    async (n) => ({ headers: { 'Content-Type': 'text/xml' }, body: `<xml><out_trade_no>${n}</out_trade_no></xml>` }),
  ],
  ['with no body', 401, async (n) => ({ ...(await genuine(n)), body: '' })],
  ['with no body, signed', 400, async () => signedBy(world.merchant, '')],
  [
    'of an unknown event type',
    400,
    async (n) =>
      signedBy(world.merchant, paymentBody(world.merchant, n).replace('TRANSACTION.SUCCESS', 'PAYSCORE.USER_PAID')),
  ],
  ['with a timestamp 301 s old', 401, async (n) => genuine(n, { at: Date.now() - 301_000 })],
  ['with a timestamp 302 s ahead', 401, async (n) => genuine(n, { at: Date.now() + 302_000 })],
  ['with an unknown serial', 401, async (n) => changed(await genuine(n), { 'Wechatpay-Serial': '00'.repeat(20) })],
  ['with the serial __proto__', 401, async (n) => changed(await genuine(n), { 'Wechatpay-Serial': '__proto__' })],
  ['with the serial constructor', 401, async (n) => changed(await genuine(n), { 'Wechatpay-Serial': 'constructor' })],
  [
    'with a public key id in lower case',
    401,
    async (n) => {
      const callback = await genuine(n, { key: 'public-key' });
      return changed(callback, { 'Wechatpay-Serial': world.merchant.publicKey.id.toLowerCase() });
    },
  ],
  [
    'signed with another merchant’s key',
    401,
    async (n) => {
      const callback = await signedBy(world.other, paymentBody(world.merchant, n));
      return changed(callback, { 'Wechatpay-Serial': world.merchant.platform.serial });
    },
  ],
  [
    'of one merchant, speaking of another’s order',
    500,
    async (n) => signedBy(world.merchant, paymentBody(world.merchant, n, { mchid: world.other.mchid })),
  ],
  ['of one merchant, sealed for another', 500, async (n) => signedBy(world.merchant, paymentBody(world.other, n))],
  [
    'with its body written again',
    401,
    async (n) => {
      const callback = await genuine(n);
      return { ...callback, body: JSON.stringify(JSON.parse(callback.body), null, 1) };
    },
  ],
  [
    'with its body compressed',
    401,
    async (n) => {
      const callback = changed(await genuine(n), { 'Content-Encoding': 'gzip' });
      return { ...callback, body: gzipSync(callback.body) };
    },
  ],
  [
    'with another resource nonce, signed',
    500,
    async (n) => signedBy(world.merchant, withResource(paymentBody(world.merchant, n), { nonce: 'abcdefghijkX' })),
  ],
  [
    'with other associated data, signed',
    500,
    async (n) => signedBy(world.merchant, withResource(paymentBody(world.merchant, n), { associated_data: 'refund' })),
  ],
  [
    'that opens to something else than a payment, signed',
    500,
    async () => {
      const ciphertext = encryptResource(world.merchant.apiV3Key, '{"appid":1}', 'transaction', 'abcdefghijkl');
      return signedBy(
        world.merchant,
        withResource(paymentBody(world.merchant, newOrderNumber()), { ciphertext, nonce: 'abcdefghijkl' }),
      );
    },
  ],
  [
    'whose headers stand twice',
    401,
    async (n) => {
      const callback = await genuine(n);
      const { 'Wechatpay-Nonce': nonce = '' } = callback.headers;
      return changed(callback, { 'Wechatpay-Nonce': `${nonce}, ${nonce}` });
    },
  ],
];

function withResource(body: string, changes: Record<string, string>): string {
  const notification = JSON.parse(body);
  return JSON.stringify({ ...notification, resource: { ...notification.resource, ...changes } });
}

describe('a callback is refused', () => {
  it.each(cases)('%s', async (_what, status, make) => {
    const outTradeNo = newOrderNumber();
    const callback = await make(outTradeNo);
    await expectRefused(await postCallback(world.callbackUrl, callback), status, outTradeNo);
  });

  it.each([
    ['tampered_body', 401],
    ['tampered_signature', 401],
    ['tampered_tag', 500],
    ['signtest', 401],
  ] as const)('when WeChat Pay’s simulator forges it: %s', async (forgery, status) => {
    const outTradeNo = newOrderNumber();
    const { platform } = world.merchant;
    const callback = await forgeNotification({
      forgery,
      privateKey: createPrivateKey(platform.privateKeyPem),
      serial: platform.serial,
      body: paymentBody(world.merchant, outTradeNo),
      nowMs: Date.now(),
    });
    await expectRefused(
      await postCallback(world.callbackUrl, { ...callback, headers: { ...callback.headers } }),
      status,
      outTradeNo,
    );
  });

  it('when its body is over the limit: 413', async () => {
    const outTradeNo = newOrderNumber();
    const body = paymentBody(world.merchant, outTradeNo, { attach: 'x'.repeat(128 * 1024) });
    await expectRefused(await postCallback(world.callbackUrl, await signedBy(world.merchant, body)), 413, outTradeNo);
    const chunked = await postCallback(world.callbackUrl, await signedBy(world.merchant, body), { chunks: 20 });
    await expectRefused(chunked, 413, outTradeNo);
  });

  it('when its headers are over the limit: 431', async () => {
    const outTradeNo = newOrderNumber();
    const callback = changed(await genuine(outTradeNo), { 'X-Filler': 'x'.repeat(32 * 1024) });
    await expectRefused(await postCallback(world.callbackUrl, callback), 431, outTradeNo);
  });

  it('on any other path or method: 404', async () => {
    const outTradeNo = newOrderNumber();
    const callback = await genuine(outTradeNo);
    await expectRefused(await postCallback(`${world.callbackUrl}/x`, callback), 404, outTradeNo);
    expect((await fetch(world.callbackUrl)).status).toBe(404);
    expect((await fetch(world.callbackUrl.replace('/callback', '/metrics'))).status).toBe(404);
  });

  it('and none of these looked a name up or called anybody but Kafka', () => {
    expect([...connections.lookedUp].filter((name) => name !== '127.0.0.1')).toEqual([]);
  });

  it('and counted by its reason', async () => {
    for (const outcome of [
      'missing_header',
      'v2_xml',
      'bad_signature',
      'undecryptable',
      'wrong_merchant',
      'signature_test',
    ]) {
      expect(await world.metric('payguard_callbacks_total', `outcome="${outcome}"`), outcome).toBeGreaterThan(0);
    }
    expect(await world.metric('payguard_callbacks_total', 'outcome="published"')).toBe(0);
  });
});

describe('the callback log of refused callbacks', () => {
  it('holds at most 2 KiB of a body and no header beyond a signature’s size', async () => {
    const mark = newOrderNumber();
    const callback = changed(await genuine(mark), { 'Request-ID': mark, 'User-Agent': 'x'.repeat(8_000) });
    await postCallback(world.callbackUrl, { ...callback, body: `${mark}${'y'.repeat(10_000)}` });
    const entry = await vi.waitUntil(
      async () => logEntries(await topics.recordsWith(mark)).find((found) => found.headers['request-id'] === mark),
      { timeout: LOG_TIMEOUT_MS, interval: 50 },
    );
    expect(entry).toMatchObject({ status: 401, outcome: 'bad_signature', body_truncated: true, out_trade_no: null });
    expect(entry.body).toBe(`${mark}${'y'.repeat(10_000)}`.slice(0, 2048));
    expect(entry.headers['user-agent']).toHaveLength(512);
  });
});
