import {
  createCipheriv,
  createPublicKey,
  createSecretKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto';
import type { Mchid } from '../../src/rules/wechat-fields.ts';
import type { KeyRing } from '../../src/wechatpay-verify/key-ring.ts';

/**
 * WeChat Pay's side, written from its documents with node:crypto alone, so that the verification under test is checked
 * against something that shares none of its code.
 */

export const NOW = Date.UTC(2025, 6, 11, 16, 57, 19);
const RESOURCE_NONCE = 'uluk4a9R25RW';

export type TestMerchant = { mchid: string; apiV3Key: string; serial: string; privateKey: KeyObject };

export function testMerchant(mchid: string, serial: string, apiV3Key: string): TestMerchant {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { mchid, serial, apiV3Key, privateKey };
}

/** What the gateway holds of these merchants: public halves only. */
export function keyRingOf(...merchants: TestMerchant[]): KeyRing {
  return new Map(
    merchants.map(({ mchid, apiV3Key, serial, privateKey }) => [
      serial,
      {
        id: serial,
        mchid: mchid as Mchid,
        key: createPublicKey(privateKey),
        apiV3Key: createSecretKey(Buffer.from(apiV3Key, 'utf8')),
        validFrom: 0,
        validTo: Number.POSITIVE_INFINITY,
      },
    ]),
  );
}

/** The incident's own payment. */
export function transactionOf(mchid: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    appid: 'wx8888888888888888',
    mchid,
    out_trade_no: 'RECHARGE_ORDER17522530522711786',
    transaction_id: '4200002740202507127224774049',
    trade_type: 'JSAPI',
    trade_state: 'SUCCESS',
    success_time: '2025-07-12T00:57:19+08:00',
    payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
    amount: { total: 990, payer_total: 990, currency: 'CNY', payer_currency: 'CNY' },
    ...changes,
  };
}

export function refundOf(mchid: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    mchid,
    out_trade_no: 'RECHARGE_ORDER17522530522711786',
    transaction_id: '4200002740202507127224774049',
    out_refund_no: 'REFUND_1',
    refund_id: '50000000382019052709732678859',
    refund_status: 'SUCCESS',
    success_time: '2025-07-13T10:00:00+08:00',
    user_received_account: '招商银行信用卡0403',
    amount: { total: 990, refund: 90, payer_total: 990, payer_refund: 90 },
    ...changes,
  };
}

export function seal(apiV3Key: string, plaintext: string, associatedData: string, nonce = RESOURCE_NONCE): string {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key, 'utf8'), Buffer.from(nonce, 'utf8'));
  cipher.setAAD(Buffer.from(associatedData, 'utf8'));
  return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}

/** The JSON of a notification; `outer` and `resource` overwrite fields, undefined removes them. */
export function notificationBody(
  apiV3Key: string,
  content: Record<string, unknown>,
  changes: { outer?: Record<string, unknown>; resource?: Record<string, unknown>; sealedWith?: string } = {},
): string {
  return JSON.stringify({
    id: 'f0a1b2c3-e649-5eec-ab1e-3412bc4d2e17',
    create_time: '2025-07-12T00:57:19+08:00',
    resource_type: 'encrypt-resource',
    event_type: 'TRANSACTION.SUCCESS',
    summary: '支付成功',
    ...changes.outer,
    resource: {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: seal(apiV3Key, JSON.stringify(content), changes.sealedWith ?? 'transaction'),
      associated_data: 'transaction',
      nonce: RESOURCE_NONCE,
      ...changes.resource,
    },
  });
}

export type SignedRequest = { headers: Record<string, string>; body: Buffer };

/** One send: fresh headers over these bytes, at `at` (ms UTC). */
export function signedRequest(
  signer: Pick<TestMerchant, 'serial' | 'privateKey'>,
  body: string | Buffer,
  at = NOW,
  nonce = 'EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz',
): SignedRequest {
  const bytes = Buffer.from(body);
  const timestamp = String(Math.floor(at / 1000));
  const message = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), bytes, Buffer.from('\n')]);
  return {
    headers: {
      'wechatpay-serial': signer.serial,
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-signature-type': 'WECHATPAY2-SHA256-RSA2048',
      'wechatpay-signature': sign('RSA-SHA256', message, signer.privateKey).toString('base64'),
    },
    body: bytes,
  };
}
