import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { NO_BROKER } from '../../../packages/shared/tests/kafka/no-broker.ts';
import { type GatewayWorld, openGatewayWorld, verificationDir } from './gateway-world.ts';
import { logEntries } from './log-entries.ts';
import { postCallback } from './post-callback.ts';
import { newOrderNumber, PAYER, paymentBody, refundBody, signedBy } from './signed-callback.ts';
import { createTopics, sharedBrokers } from './test-brokers.ts';
import { readTopics, type TopicReader } from './topic-reader.ts';

const TOPICS = ['payment.confirmed', 'payment.refunded', 'payment.callback-log'];
/** Twice the interval at which the gateway reads its keys again. */
const KEYS_SEEN_TIMEOUT_MS = 12_000;

let world: GatewayWorld;
let topics: TopicReader;

beforeAll(async () => {
  await createTopics(sharedBrokers());
  world = await openGatewayWorld({ brokers: sharedBrokers() });
  topics = await readTopics(sharedBrokers(), TOPICS, 'now');
  await world.ready();
});
afterAll(async () => {
  await topics?.close();
  await world?.stop();
});

async function recordsOf(topic: string, outTradeNo: string) {
  return (await topics.recordsWith(outTradeNo)).filter((record) => record.topic === topic);
}

/** An order paid at the simulator, which then calls the gateway as WeChat Pay would. */
async function payAtSimulator(mchid: string, outTradeNo: string) {
  world.simulator.createOrder({ mchid, outTradeNo, total: 990, notifyUrl: world.callbackUrl });
  const paid = world.simulator.pay({ mchid, outTradeNo, openid: PAYER, faults: [] });
  if (paid.kind !== 'paid') throw new Error(paid.kind);
  await world.simulator.idle();
  return paid;
}

describe('the callback of a paid order', () => {
  it('is answered 204 and becomes exactly one payment.confirmed, without the payer', async () => {
    const { mchid, appid } = world.merchant;
    const outTradeNo = newOrderNumber();
    const { order, transactionId } = await payAtSimulator(mchid, outTradeNo);
    expect(order.notification?.attempts).toMatchObject([{ status: 204 }]);

    const [record, ...more] = await recordsOf('payment.confirmed', outTradeNo);
    expect(more).toEqual([]);
    expect(record?.key).toBe(`${mchid}:${outTradeNo}`);
    expect(JSON.parse(record?.value ?? '')).toEqual({
      witness: 'callback',
      mchid,
      appid,
      out_trade_no: outTradeNo,
      transaction_id: transactionId,
      amount_total: 990,
      currency: 'CNY',
      success_time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+08:00$/),
      observed_at: expect.stringMatching(/Z$/),
      evidence_id: order.notification?.id,
    });
    expect(record?.headers).toEqual({
      ce_specversion: '1.0',
      ce_id: `callback:${mchid}:${order.notification?.id}`,
      ce_type: 'payment.confirmed.v1',
      ce_source: '/payguard/callback-gateway',
      ce_time: JSON.parse(record?.value ?? '').observed_at,
      'content-type': 'application/json',
    });
    expect(JSON.stringify(await topics.recordsWith(outTradeNo))).not.toContain(PAYER);
    expect(JSON.stringify(world.logLines)).not.toContain(PAYER);
  });

  it('is accepted from both kinds of key side by side', async () => {
    for (const merchant of [world.merchant, world.other]) {
      for (const key of ['certificate', 'public-key'] as const) {
        const outTradeNo = newOrderNumber();
        const callback = await signedBy(merchant, paymentBody(merchant, outTradeNo), { key });
        expect(await postCallback(world.callbackUrl, callback)).toMatchObject({ status: 204, text: '' });
        expect(await recordsOf('payment.confirmed', outTradeNo)).toHaveLength(1);
      }
    }
  });

  it.each([
    ['text/plain'],
    ['application/json; charset=utf-8'],
    ['application/x-www-form-urlencoded'],
    ['multipart/form-data; boundary=x'],
  ])('is accepted with the content type %s, since the raw bytes count', async (contentType) => {
    const outTradeNo = newOrderNumber();
    const headers = { 'Content-Type': contentType };
    const callback = await signedBy(world.merchant, paymentBody(world.merchant, outTradeNo), { headers });
    expect((await postCallback(world.callbackUrl, callback)).status).toBe(204);
    expect(await recordsOf('payment.confirmed', outTradeNo)).toHaveLength(1);
  });

  it('is accepted without a content type, chunked, and with a lower-case serial', async () => {
    const outTradeNo = newOrderNumber();
    const callback = await signedBy(world.merchant, paymentBody(world.merchant, outTradeNo));
    const { 'Content-Type': _none, ...headers } = callback.headers;
    const lower = { ...headers, 'Wechatpay-Serial': world.merchant.platform.serial.toLowerCase() };
    const answer = await postCallback(world.callbackUrl, { headers: lower, body: callback.body }, { chunks: 7 });
    expect(answer.status).toBe(204);
    expect(await recordsOf('payment.confirmed', outTradeNo)).toHaveLength(1);
  });

  it('is accepted with fractional seconds in its success_time', async () => {
    const outTradeNo = newOrderNumber();
    const body = paymentBody(world.merchant, outTradeNo, { success_time: '2025-07-12T00:57:19.120+08:00' });
    expect((await postCallback(world.callbackUrl, await signedBy(world.merchant, body))).status).toBe(204);
    const [record] = await recordsOf('payment.confirmed', outTradeNo);
    expect(record?.value).toContain('2025-07-12T00:57:19.120+08:00');
  });

  it('sent twice at once is published twice under one event id: consumers take the second for a no-op', async () => {
    const outTradeNo = newOrderNumber();
    const body = paymentBody(world.merchant, outTradeNo);
    const sends = await Promise.all([signedBy(world.merchant, body), signedBy(world.merchant, body)]);
    const answers = await Promise.all(sends.map((callback) => postCallback(world.callbackUrl, callback)));
    expect(answers.map((answer) => answer.status)).toEqual([204, 204]);
    const ids = (await recordsOf('payment.confirmed', outTradeNo)).map((record) => record.headers.ce_id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(1);
  });

  it('is in the callback log whole, with its headers and its outcome', async () => {
    const outTradeNo = newOrderNumber();
    const body = paymentBody(world.merchant, outTradeNo, { attach: 'x'.repeat(3_000) });
    const callback = await signedBy(world.merchant, body);
    await postCallback(world.callbackUrl, callback);
    const entry = await vi.waitUntil(
      async () => logEntries(await topics.recordsWith(outTradeNo)).find((found) => found.out_trade_no === outTradeNo),
      { timeout: 5_000, interval: 50 },
    );
    expect(entry.body_encoding).toBe('utf8');
    expect(entry.body).toBe(body);
    expect(entry).toMatchObject({
      client_ip: '127.0.0.1',
      body_truncated: false,
      status: 204,
      outcome: 'published',
      out_trade_no: outTradeNo,
    });
    expect(entry.headers).toMatchObject({
      'wechatpay-serial': callback.headers['Wechatpay-Serial'],
      'wechatpay-signature': callback.headers['Wechatpay-Signature'],
      'wechatpay-timestamp': callback.headers['Wechatpay-Timestamp'],
      'wechatpay-nonce': callback.headers['Wechatpay-Nonce'],
      'request-id': callback.headers['Request-ID'],
    });
  });
});

describe('the callback of a refund', () => {
  it.each(['SUCCESS', 'CLOSED', 'ABNORMAL'])('becomes payment.refunded: %s', async (status) => {
    const { mchid } = world.merchant;
    const outTradeNo = newOrderNumber();
    const callback = await signedBy(world.merchant, refundBody(world.merchant, outTradeNo, status));
    expect((await postCallback(world.callbackUrl, callback)).status).toBe(204);
    const [record, ...more] = await recordsOf('payment.refunded', outTradeNo);
    expect(more).toEqual([]);
    expect(record).toMatchObject({ key: `${mchid}:${outTradeNo}`, headers: { ce_type: 'payment.refunded.v1' } });
    expect(JSON.parse(record?.value ?? '')).toEqual({
      mchid,
      out_trade_no: outTradeNo,
      transaction_id: '4200002740202507127224774049',
      out_refund_no: `R_${outTradeNo}`,
      refund_id: '50000000382019052709732678859',
      amount_refund: 90,
      amount_total: 990,
      status,
      success_time: status === 'SUCCESS' ? '2025-07-13T10:00:00+08:00' : null,
      observed_at: expect.stringMatching(/Z$/),
      evidence_id: expect.any(String),
    });
    expect(await recordsOf('payment.confirmed', outTradeNo)).toEqual([]);
  });
});

describe('health', () => {
  it('is 200 on both ports when Kafka and topics are there, and says nothing else to the public', async () => {
    const publicHealth = await fetch(world.healthUrl);
    expect(publicHealth.status).toBe(200);
    expect(await publicHealth.json()).toEqual({ status: 'ok' });
    expect((await fetch(`${world.operationsUrl}/health/live`)).status).toBe(200);
    expect(await (await fetch(`${world.operationsUrl}/health/ready`)).json()).toEqual({ ok: true });
  });

  it('is 503 while there is no Kafka, and a callback is then answered 503 at once', async () => {
    const lonely = await openGatewayWorld({ brokers: [NO_BROKER] });
    try {
      expect((await fetch(lonely.healthUrl)).status).toBe(503);
      expect((await fetch(`${lonely.operationsUrl}/health/ready`)).status).toBe(503);
      expect((await fetch(`${lonely.operationsUrl}/health/live`)).status).toBe(200);
      const callback = await signedBy(lonely.merchant, paymentBody(lonely.merchant, newOrderNumber()));
      const answer = await postCallback(lonely.callbackUrl, callback);
      expect(answer.status).toBe(503);
      expect(answer.ms).toBeLessThan(3_000);
      expect(JSON.parse(answer.text)).toMatchObject({ code: 'FAIL' });
    } finally {
      await lonely.stop();
    }
  });
});

describe('key files', () => {
  it('added while the gateway runs are used, and a broken one changes nothing', { timeout: 40_000 }, async () => {
    const { merchant } = world;
    const newSerial = 'AB'.repeat(20);
    const sendWithNewSerial = async () => {
      const callback = await signedBy(merchant, paymentBody(merchant, newOrderNumber()));
      const headers = { ...callback.headers, 'Wechatpay-Serial': newSerial };
      return (await postCallback(world.callbackUrl, { ...callback, headers })).status;
    };
    expect(await sendWithNewSerial()).toBe(401);

    const file = join(verificationDir(merchant), `${newSerial}.pem`);
    writeFileSync(file, merchant.platform.publicKeyPem);
    await vi.waitUntil(async () => (await sendWithNewSerial()) === 204, {
      timeout: KEYS_SEEN_TIMEOUT_MS,
      interval: 100,
    });

    writeFileSync(`${file}.part`, 'not a key');
    renameSync(`${file}.part`, file);
    const isReported = () => world.logLines.some((line) => line.level === 'error' && line.msg.includes('reload'));
    await vi.waitUntil(isReported, { timeout: KEYS_SEEN_TIMEOUT_MS, interval: 100 });
    expect(await sendWithNewSerial()).toBe(204);
    writeFileSync(file, merchant.platform.publicKeyPem);
  });
});
