import { createHash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import WechatPay from 'wechatpay-node-v3';
import { PayRequest } from 'wechatpay-node-v3/dist/lib/pay-request.js';
import { toBeijingTime } from '../src/beijing-time.ts';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import type { SimulatorOptions } from '../src/simulator.ts';
import { prepayBody } from './merchant-client.ts';
import type { Received } from './receiver.ts';
import { openScene, payOne, type Scene } from './simulated-merchant.ts';

// npm wechatpay-node-v3 2.2.1, unchanged but for its host. What it checks and what not: facts from its dist/index.js.

const DAY_MS = 24 * 3_600_000;

const WECHAT_PAY_URL = 'https://api.mch.weixin.qq.com';

/**
 * The SDK's own transport, with the simulator in place of WeChat Pay's host, which the SDK has in every URL. A bill's
 * download_url gets that host back: the SDK signs what is left of a URL when it takes this host away, and no other.
 */
class SimulatorTransport extends PayRequest {
  readonly #simulatorUrl: string;

  constructor(simulatorUrl: string) {
    super();
    this.#simulatorUrl = simulatorUrl;
  }

  override post(url: string, params: Record<string, unknown>, headers: Record<string, unknown>) {
    return super.post(this.#redirect(url), params, headers);
  }

  override async get(url: string, headers: Record<string, unknown>) {
    const answer = await super.get(this.#redirect(url), headers);
    const downloadUrl: unknown = answer.data?.download_url;
    if (typeof downloadUrl !== 'string') return answer;
    const download_url = downloadUrl.replace(this.#simulatorUrl, WECHAT_PAY_URL);
    return { ...answer, data: { ...answer.data, download_url } };
  }

  #redirect(url: string): string {
    return url.replace(WECHAT_PAY_URL, this.#simulatorUrl);
  }
}

class Sdk extends WechatPay {
  /** The SDK knows no public keys; it keeps certificates by serial, and a public key passes for one. */
  static trust(id: string, publicKeyPem: string): void {
    WechatPay.certificates[id] = publicKeyPem;
  }
}

function sdkOf(merchant: MerchantDescription, simulatorUrl: string): Sdk {
  const sdk = new Sdk({
    appid: merchant.appid,
    mchid: merchant.mchid,
    publicKey: Buffer.from(merchant.certificatePem),
    privateKey: Buffer.from(merchant.privateKeyPem),
    key: merchant.apiV3Key,
  });
  sdk.createHttp(new SimulatorTransport(simulatorUrl));
  return sdk;
}

interface SdkScene extends Scene {
  readonly sdk: Sdk;
}

/** The SDK reads the real clock: start the scene's near it. */
async function openSdkScene(options: SimulatorOptions = {}): Promise<SdkScene> {
  const scene = await openScene(() => 204, options);
  return { ...scene, sdk: sdkOf(scene.merchant, scene.simulator.apiUrl) };
}

function orderOf({ merchant, receiver }: Scene, outTradeNo: string) {
  return prepayBody(merchant, outTradeNo, receiver.url);
}

function signatureOf({ headers, body }: Received) {
  const header = (name: string) => String(headers[`wechatpay-${name}`]);
  const signed = { timestamp: header('timestamp'), nonce: header('nonce'), body };
  return { ...signed, serial: header('serial'), signature: header('signature') };
}

function decipher(sdk: Sdk, { body }: Received): unknown {
  const { ciphertext, associated_data, nonce } = JSON.parse(body).resource;
  return sdk.decipher_gcm(ciphertext, associated_data, nonce);
}

describe('wechatpay-node-v3', () => {
  it('creates a Native order and sees it unpaid, then paid, by both of its numbers', async () => {
    await using scene = await openSdkScene();
    const prepaid = await scene.sdk.transactions_native(orderOf(scene, 'NODE_NATIVE'));
    expect(prepaid).toEqual({ status: 200, data: { code_url: expect.stringMatching(/^weixin:\/\/wxpay\//) } });
    expect(await scene.sdk.query({ out_trade_no: 'NODE_NATIVE' })).toMatchObject({ data: { trade_state: 'NOTPAY' } });

    scene.simulator.pay({ outTradeNo: 'NODE_NATIVE', transactionId: '4200000000000000000000000002' });
    const paid = { status: 200, data: { out_trade_no: 'NODE_NATIVE', trade_state: 'SUCCESS', amount: { total: 100 } } };
    expect(await scene.sdk.query({ out_trade_no: 'NODE_NATIVE' })).toMatchObject(paid);
    expect(await scene.sdk.query({ transaction_id: '4200000000000000000000000002' })).toMatchObject(paid);
  });

  it('creates JSAPI, APP and H5 orders and signs what the payer needs', async () => {
    await using scene = await openSdkScene();
    const payer = { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' };
    const jsapi = await scene.sdk.transactions_jsapi({ ...orderOf(scene, 'NODE_JSAPI'), payer });
    expect(jsapi).toMatchObject({ status: 200, data: { package: expect.stringMatching(/^prepay_id=wx/) } });

    const app = await scene.sdk.transactions_app(orderOf(scene, 'NODE_APP'));
    expect(app).toMatchObject({ status: 200, data: { prepayid: expect.stringMatching(/^wx/) } });

    const scene_info = { payer_client_ip: '203.0.113.7', h5_info: { type: 'Wap', app_name: 'Recharge' } };
    const h5 = await scene.sdk.transactions_h5({ ...orderOf(scene, 'NODE_H5'), scene_info });
    expect(h5).toEqual({ status: 200, data: { h5_url: expect.stringMatching(/^https?:\/\//) } });
  });

  it('closes an unpaid order, and resolves to status and error of the refusal for a paid one', async () => {
    await using scene = await openSdkScene();
    await scene.sdk.transactions_native(orderOf(scene, 'NODE_UNPAID'));
    expect(await scene.sdk.close('NODE_UNPAID')).toMatchObject({ status: 204 });
    expect(await scene.sdk.query({ out_trade_no: 'NODE_UNPAID' })).toMatchObject({ data: { trade_state: 'CLOSED' } });

    await payOne(scene, 'NODE_PAID');
    const refused = await scene.sdk.close('NODE_PAID');
    expect(refused).toMatchObject({ status: 400, error: expect.stringContaining('"code":"ORDER_PAID"') });
  });

  it('refunds a part of a payment, sees it done, and opens its notification', async () => {
    await using scene = await openSdkScene();
    await payOne(scene, 'NODE_REFUNDED');
    const amount = { refund: 30, total: 100, currency: 'CNY' };
    const wish = {
      out_trade_no: 'NODE_REFUNDED',
      out_refund_no: 'NODE_REFUND',
      notify_url: scene.receiver.url,
      amount,
    };
    expect(await scene.sdk.refunds(wish)).toMatchObject({ status: 200, data: { status: 'PROCESSING', amount } });

    await scene.simulator.clock.advance(60_000);
    const done = await scene.sdk.find_refunds('NODE_REFUND');
    expect(done).toMatchObject({ status: 200, data: { status: 'SUCCESS', amount } });
    const notified = scene.receiver.received[1];
    if (notified === undefined) throw new Error('a refund that is done is notified');
    expect(await scene.sdk.verifySign(signatureOf(notified))).toBe(true);
    expect(decipher(scene.sdk, notified)).toMatchObject({ out_refund_no: 'NODE_REFUND', refund_status: 'SUCCESS' });
  });

  it('downloads the bill of a day, plain as text and packed as bytes, with the hash that was announced', async () => {
    const dayBeforeYesterday = Date.now() - 2 * DAY_MS;
    await using scene = await openSdkScene({ clockStartMs: dayBeforeYesterday });
    await payOne(scene, 'NODE_BILLED');
    await scene.simulator.clock.advance(Date.now() - scene.simulator.clock.now());

    const bill = { bill_date: toBeijingTime(dayBeforeYesterday).slice(0, 10), bill_type: 'ALL' };
    const plain = await scene.sdk.tradebill(bill);
    const { data: text } = await scene.sdk.downloadBill(plain.data.download_url);
    expect(text).toContain('`NODE_BILLED,');
    expect(createHash('sha1').update(text).digest('hex')).toBe(plain.data.hash_value);

    const packed = await scene.sdk.tradebill({ ...bill, tar_type: 'GZIP' });
    const { data: bytes } = await scene.sdk.downloadBill(packed.data.download_url);
    expect(gunzipSync(bytes).toString('utf8')).toBe(text);
  });
});

describe('keys and notifications of wechatpay-node-v3', () => {
  it('downloads the platform certificates and reads their public keys', async () => {
    await using scene = await openSdkScene();
    const [certificate, ...more] = await scene.sdk.get_certificates(scene.merchant.apiV3Key);
    expect(more).toEqual([]);
    expect(certificate?.serial_no).toBe(scene.merchant.platform.serial);
    expect(certificate?.publicKey?.trim()).toBe(scene.merchant.platform.publicKeyPem.trim());
  });

  it('cannot download them for a public-key merchant, but verifies by a public key handed to it', async () => {
    await using scene = await openSdkScene({ merchants: [{ mchid: '1900000002', mode: 'public-key' }] });
    await expect(scene.sdk.get_certificates(scene.merchant.apiV3Key)).rejects.toThrow('拉取平台证书失败');

    await payOne(scene, 'NODE_PUBLIC_KEY');
    Sdk.trust(scene.merchant.publicKey.id, scene.merchant.publicKey.publicKeyPem);
    expect(await scene.sdk.verifySign(signatureOf(firstOf(scene)))).toBe(true);
  });

  it('verifies and opens the notification of a payment', async () => {
    await using scene = await openSdkScene();
    await payOne(scene, 'NODE_NOTIFIED');
    expect(await scene.sdk.verifySign(signatureOf(firstOf(scene)))).toBe(true);
    expect(decipher(scene.sdk, firstOf(scene))).toMatchObject({
      out_trade_no: 'NODE_NOTIFIED',
      amount: { total: 100 },
    });
  });

  it.each([
    ['a changed body', { kind: 'tampered', part: 'body', attempts: 1 }],
    ['a changed signature', { kind: 'tampered', part: 'signature', attempts: 1 }],
    ['the signature of a SIGNTEST', { kind: 'signtest', attempts: 1 }],
  ] as const)('finds the signature wrong of a notification with %s', async (_name, fault) => {
    await using scene = await openSdkScene();
    await payOne(scene, 'NODE_FORGED', [fault]);
    expect(await scene.sdk.verifySign(signatureOf(firstOf(scene)))).toBe(false);
  });

  it('throws at a notification with an unknown serial, after it has downloaded the certificates again', async () => {
    await using scene = await openSdkScene();
    await payOne(scene, 'NODE_UNKNOWN_SERIAL', [{ kind: 'unknown_serial', attempts: 1 }]);
    await expect(scene.sdk.verifySign(signatureOf(firstOf(scene)))).rejects.toThrow('平台证书序列号不相符');
  });

  it.each(['tag', 'aad'] as const)(
    'opens a notification with a false %s without a word: its decipher_gcm checks neither tag nor associated data',
    async (part) => {
      await using scene = await openSdkScene();
      await payOne(scene, 'NODE_UNCHECKED', [{ kind: 'tampered', part, attempts: 1 }]);
      expect(await scene.sdk.verifySign(signatureOf(firstOf(scene)))).toBe(true);
      expect(decipher(scene.sdk, firstOf(scene))).toMatchObject({ out_trade_no: 'NODE_UNCHECKED' });
    },
  );

  it('gives out garbage, and no error, for a notification sealed with another APIv3 key', async () => {
    await using scene = await openSdkScene();
    await payOne(scene, 'NODE_WRONG_KEY', [{ kind: 'wrong_key', attempts: 1 }]);
    expect(decipher(scene.sdk, firstOf(scene))).toBeTypeOf('string');
  });
});

function firstOf({ receiver }: Scene): Received {
  const [received] = receiver.received;
  if (received === undefined) throw new Error('a paid order is notified');
  return received;
}
