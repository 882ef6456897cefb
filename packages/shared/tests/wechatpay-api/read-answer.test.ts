import { createSecretKey, generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { RawAnswer } from '../../src/wechatpay-api/http-connections.ts';
import { readAnswer } from '../../src/wechatpay-api/read-answer.ts';
import { requestedSerial } from '../../src/wechatpay-api/requested-serial.ts';
import type { KeyRing } from '../../src/wechatpay-verify/key-ring.ts';

const NOW = Date.UTC(2026, 10, 23);
const YEAR_MS = 365 * 86_400_000;
const MCHID = '1900000001';
const wechat = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const apiV3Key = createSecretKey(Buffer.alloc(32));

function keyRing(...keys: { id: string; mchid?: string; validFrom?: number; validTo?: number }[]): KeyRing {
  const always = { mchid: MCHID, validFrom: 0, validTo: Number.POSITIVE_INFINITY };
  return new Map(keys.map((key) => [key.id, { key: wechat.publicKey, apiV3Key, ...always, ...key }]));
}

function signed(body: string, headers: RawAnswer['headers'] = {}): RawAnswer {
  const timestamp = String(NOW / 1_000);
  const signature = sign('RSA-SHA256', Buffer.from(`${timestamp}\nn\n${body}\n`), wechat.privateKey).toString('base64');
  const signedHeaders = {
    ...{ 'wechatpay-serial': 'AB12', 'wechatpay-timestamp': timestamp, 'wechatpay-nonce': 'n' },
    'wechatpay-signature': signature,
  };
  return { kind: 'answer', status: 200, headers: { ...signedHeaders, ...headers }, body: Buffer.from(body) };
}

function meaningOf(answer: RawAnswer, keys = keyRing({ id: 'AB12' })): string {
  const read = readAnswer(answer, { keys, mchid: MCHID, now: NOW });
  if (read.outcome === 'answered') return 'answered';
  return read.failure.outcome === 'refused' ? `refused ${read.failure.code}` : read.failure.reason;
}

function answer(status: number, body: string): RawAnswer {
  return { kind: 'answer', status, headers: {}, body: Buffer.from(body) };
}

describe('a 2xx', () => {
  it('is believed with a fresh signature by a key of the merchant, however its serial is written', () => {
    expect(meaningOf(signed('{}'))).toBe('answered');
    expect(meaningOf(signed('{}', { 'wechatpay-serial': 'ab12' }))).toBe('answered');
    expect(meaningOf({ ...signed(''), status: 204 })).toBe('answered');
  });

  it.each<[string, RawAnswer, KeyRing?]>([
    ['signed by the key of another merchant', signed('{}'), keyRing({ id: 'AB12', mchid: '1900000002' })],
    ['signed by a key that has expired', signed('{}'), keyRing({ id: 'AB12', validTo: NOW - 1 })],
    ['signed by a key that is not valid yet', signed('{}'), keyRing({ id: 'AB12', validFrom: NOW + 1 })],
    ['signed by no key that we hold', signed('{}', { 'wechatpay-serial': 'CD34' })],
    ['signed for another body', { ...signed('{}'), body: Buffer.from('{ }') }],
    ['signed for another time', signed('{}', { 'wechatpay-timestamp': String(NOW / 1_000 - 1) })],
    ['signed twice', signed('{}', { 'wechatpay-signature': ['a', 'b'] })],
    ['of a 204 without a signature', answer(204, '')],
  ])('is not believed when it is %s', (_why, raw, keys) => {
    expect(meaningOf(raw, keys)).toBe('untrusted');
  });
});

describe('anything but a 2xx', () => {
  it.each<[number, string, string]>([
    [429, '<html>', 'rate_limited'],
    [429, '{"code":"ANY","message":"slower"}', 'rate_limited'],
    [500, '', 'server_error'],
    [502, '<html>bad gateway</html>', 'server_error'],
    [401, '<html>', 'not_wechatpay'],
    [403, '', 'not_wechatpay'],
    [404, '[]', 'not_wechatpay'],
    [404, '{"message":"no code"}', 'not_wechatpay'],
    [404, '{"code":404}', 'not_wechatpay'],
    [404, '{"code":"ORDER_NOT_EXIST"}', 'refused ORDER_NOT_EXIST'],
    [301, '{"code":"ORDER_NOT_EXIST"}', 'not_wechatpay'],
    [202, '', 'accepted'],
  ])('is read by its status first: %i %s', (status, body, meaning) => {
    expect(meaningOf(answer(status, body))).toBe(meaning);
  });

  it('is cut to what a log and a database column can take', () => {
    const raw = answer(400, JSON.stringify({ code: 'PARAM_ERROR', message: 'x'.repeat(10_000) }));
    const read = readAnswer(
      { ...raw, headers: { 'request-id': 'r'.repeat(1_000) } },
      { keys: new Map(), mchid: MCHID, now: NOW },
    );
    if (read.outcome !== 'failed' || read.failure.outcome !== 'refused') throw new Error('it is a refusal');
    expect(read.failure.message).toHaveLength(256);
    expect(read.failure.requestId).toHaveLength(128);
  });
});

describe('the key that an answer is to be signed by', () => {
  const old = { id: 'AA', validFrom: NOW - 4 * YEAR_MS, validTo: NOW + YEAR_MS };
  const next = { id: 'BB', validFrom: NOW - YEAR_MS, validTo: NOW + 4 * YEAR_MS };

  it('is the newest certificate that is valid, as long as there is no public key', () => {
    const coming = { id: 'CC', validFrom: NOW + 1 };
    expect(requestedSerial(keyRing(old, next, coming), MCHID, NOW)).toBe('BB');
    expect(requestedSerial(keyRing(next, old), MCHID, NOW)).toBe('BB');
  });

  it('is the public key once there is one', () => {
    expect(requestedSerial(keyRing(old, { id: 'PUB_KEY_ID_01' }, next), MCHID, NOW)).toBe('PUB_KEY_ID_01');
  });

  it("is never another merchant's", () => {
    expect(requestedSerial(keyRing({ ...old, mchid: '1900000002' }), MCHID, NOW)).toBeUndefined();
  });
});
