import { createDecipheriv, createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { deriveBytes, toAlphanumeric } from '../src/seeded-bytes.ts';
import { callControl } from './control-client.ts';
import { MerchantCalls } from './merchant-calls.ts';
import { isSignatureRight, openResource } from './open-notification.ts';
import type { Received } from './receiver.ts';
import { openScene, type Scene } from './simulated-merchant.ts';

// Contents: facts §1.3 (page 4012791865); the trap of the old API: facts §1.7 (page 4013071200).

const START_MS = Date.parse('2025-07-12T00:57:19+08:00');
const SEED = 'scene';

function openRefundScene() {
  return openScene(() => 204, { clockStartMs: START_MS, seed: SEED });
}

function settle(scene: Scene, outRefundNo: string, status: string) {
  return callControl(scene.simulator.controlUrl, 'POST', `/refunds/${outRefundNo}/settle`, { status });
}

function setV2Url(scene: Scene, url: string | null) {
  return callControl(scene.simulator.controlUrl, 'PUT', '/refunds/v2-notify-url', { url });
}

function lastOf(scene: Scene): Received {
  const call = scene.receiver.received.at(-1);
  if (call === undefined) throw new Error('nothing was received');
  return call;
}

describe('the notification of a refund with a notify_url', () => {
  it.each([
    ['SUCCESS', '退款成功', { success_time: '2025-07-12T00:57:19+08:00' }],
    ['ABNORMAL', '退款异常', {}],
    ['CLOSED', '退款关闭', {}],
  ])('says REFUND.%s, verifies, opens, and has the fields of facts §1.3 and no more', async (status, summary, more) => {
    await using scene = await openRefundScene();
    const shop = new MerchantCalls(scene);
    const transactionId = shop.makePaid('PAID_1');
    const refund = await shop.refund('PAID_1', 'REFUND_1', 30, { notify_url: scene.receiver.url });
    await settle(scene, 'REFUND_1', status);
    await scene.simulator.idle();

    const call = lastOf(scene);
    expect(isSignatureRight(call, scene.merchant)).toBe(true);
    expect(JSON.parse(call.body)).toMatchObject({
      event_type: `REFUND.${status}`,
      resource_type: 'encrypt-resource',
      summary,
      resource: { original_type: 'refund', associated_data: 'refund', algorithm: 'AEAD_AES_256_GCM' },
    });
    expect(openResource(call.body, scene.merchant.apiV3Key)).toEqual({
      mchid: scene.merchant.mchid,
      out_trade_no: 'PAID_1',
      transaction_id: transactionId,
      out_refund_no: 'REFUND_1',
      refund_id: refund.json.refund_id,
      refund_status: status,
      ...more,
      user_received_account: '支付用户零钱',
      amount: { total: 100, refund: 30, payer_total: 100, payer_refund: 30 },
    });
  });

  it('comes once the refund has left PROCESSING, not before', async () => {
    await using scene = await openRefundScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    await shop.refund('PAID_1', 'REFUND_1', 30, { notify_url: scene.receiver.url });
    await scene.simulator.idle();
    expect(scene.receiver.received).toEqual([]);
    await scene.simulator.clock.advance(60_000);
    expect(JSON.parse(lastOf(scene).body).event_type).toBe('REFUND.SUCCESS');
    expect(scene.receiver.received).toHaveLength(1);
  });

  it('comes anew, with another id, when an ABNORMAL refund becomes SUCCESS', async () => {
    await using scene = await openRefundScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    await shop.refund('PAID_1', 'REFUND_1', 30, { notify_url: scene.receiver.url });
    for (const status of ['ABNORMAL', 'SUCCESS']) {
      await settle(scene, 'REFUND_1', status);
      await scene.simulator.idle();
    }
    const bodies = scene.receiver.received.map(({ body }) => JSON.parse(body));
    expect(bodies.map(({ event_type }) => event_type)).toEqual(['REFUND.ABNORMAL', 'REFUND.SUCCESS']);
    expect(new Set(bodies.map(({ id }) => id)).size).toBe(2);
  });

  it('still says ABNORMAL when it is retried after the refund has become SUCCESS', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 500 : 204), { seed: SEED });
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    await shop.refund('PAID_1', 'REFUND_1', 30, { notify_url: scene.receiver.url });
    await settle(scene, 'REFUND_1', 'ABNORMAL');
    await scene.simulator.idle();
    await settle(scene, 'REFUND_1', 'SUCCESS');
    await scene.simulator.clock.advance(15_000);
    const statuses = scene.receiver.received.map(
      ({ body }) => openResource(body, scene.merchant.apiV3Key).refund_status,
    );
    expect(statuses).toEqual(['ABNORMAL', 'SUCCESS', 'ABNORMAL']);
  });

  it('is listed with the refund, every attempt of it', async () => {
    await using scene = await openScene((_call, count) => (count === 1 ? 500 : 204));
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    await shop.refund('PAID_1', 'REFUND_1', 30, { notify_url: scene.receiver.url });
    await settle(scene, 'REFUND_1', 'SUCCESS');
    await scene.simulator.clock.advance(60_000);
    const listed = await callControl(scene.simulator.controlUrl, 'GET', '/refunds/REFUND_1');
    expect(listed.json).toMatchObject({
      status: 'SUCCESS',
      notification: { state: 'delivered', attempts: [{ status: 500 }, { status: 204 }] },
    });
  });
});

describe('a refund without a notify_url', () => {
  it('is told to nobody while the merchant platform has no URL', async () => {
    await using scene = await openRefundScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    await shop.refund('PAID_1', 'REFUND_1', 30);
    await scene.simulator.clock.advance(24 * 3_600_000);
    expect(scene.receiver.received).toEqual([]);
  });

  it.each([
    ['SUCCESS', 'SUCCESS'],
    ['ABNORMAL', 'CHANGE'],
    ['CLOSED', 'REFUNDCLOSE'],
  ])('that ends %s is told to the platform’s URL as XML of the old API: %s', async (status, v2Status) => {
    await using scene = await openRefundScene();
    const shop = new MerchantCalls(scene);
    const transactionId = shop.makePaid('PAID_1');
    await setV2Url(scene, scene.receiver.url);
    const { json } = await shop.refund('PAID_1', 'REFUND_1', 30);
    await settle(scene, 'REFUND_1', status);
    await scene.simulator.idle();

    const call = lastOf(scene);
    expect(call.headers['content-type']).toContain('xml');
    expect(Object.keys(call.headers).filter((name) => name.startsWith('wechatpay-'))).toEqual([]);
    expect(fieldsOf(call.body)).toMatchObject({
      return_code: 'SUCCESS',
      appid: scene.merchant.appid,
      mch_id: scene.merchant.mchid,
    });
    expect(openReqInfo(call.body, scene.merchant.mchid)).toMatchObject({
      out_trade_no: 'PAID_1',
      transaction_id: transactionId,
      out_refund_no: 'REFUND_1',
      refund_id: json.refund_id,
      total_fee: '100',
      refund_fee: '30',
      refund_status: v2Status,
      refund_request_source: 'API',
    });
  });

  it('is no longer told once the platform’s URL is taken away', async () => {
    await using scene = await openRefundScene();
    const shop = new MerchantCalls(scene);
    shop.makePaid('PAID_1');
    await setV2Url(scene, scene.receiver.url);
    await setV2Url(scene, null);
    await shop.refund('PAID_1', 'REFUND_1', 30);
    await scene.simulator.clock.advance(60_000);
    expect(scene.receiver.received).toEqual([]);
  });
});

describe('a refund made by hand in the merchant platform', () => {
  it('is told as XML of the old API, and says where it was made', async () => {
    await using scene = await openRefundScene();
    new MerchantCalls(scene).makePaid('PAID_1');
    await setV2Url(scene, scene.receiver.url);
    const wish = { outTradeNo: 'PAID_1', outRefundNo: 'BY_HAND', refund: 40 };
    await callControl(scene.simulator.controlUrl, 'POST', '/refunds', wish);
    await scene.simulator.clock.advance(60_000);
    expect(openReqInfo(lastOf(scene).body, scene.merchant.mchid)).toMatchObject({
      out_refund_no: 'BY_HAND',
      refund_fee: '40',
      refund_request_source: 'VENDOR_PLATFORM',
    });
  });
});

/** The fields of a flat XML of CDATA elements. */
function fieldsOf(xml: string): Record<string, string> {
  const matches = xml.matchAll(/<(\w+)><!\[CDATA\[([^\]]*)\]\]><\/\1>/g);
  return Object.fromEntries([...matches].map(([, name = '', value = '']) => [name, value]));
}

/** req_info is AES-256-ECB under the lower-case hex MD5 of the old API's key, which here comes from the seed. */
function openReqInfo(xml: string, mchid: string): Record<string, string> {
  const apiV2Key = toAlphanumeric(deriveBytes(SEED, 'v2-key', mchid), 32);
  const key = createHash('md5').update(apiV2Key).digest('hex');
  const decipher = createDecipheriv('aes-256-ecb', Buffer.from(key), null);
  const sealed = Buffer.from(fieldsOf(xml).req_info ?? '', 'base64');
  return fieldsOf(Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8'));
}
