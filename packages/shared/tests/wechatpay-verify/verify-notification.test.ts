import { createSecretKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { KeyRing } from '../../src/wechatpay-verify/key-ring.ts';
import { verifyNotification } from '../../src/wechatpay-verify/verify-notification.ts';
import goNotify from '../vectors/notify.wechatpay-go.json' with { type: 'json' };
import {
  keyRingOf,
  NOW,
  notificationBody,
  refundOf,
  type SignedRequest,
  seal,
  signedRequest,
  testMerchant,
  transactionOf,
} from './signed-notification.ts';

const A = testMerchant('1900000001', '5A1B2C3D4E5F60718293A4B5C6D7E8F901234567', 'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb');
const B = testMerchant('1900000002', 'PUB_KEY_ID_0119000000022025071200abcD', 'AES256Key-32Characters1234567890');
const keys = keyRingOf(A, B);

const payment = (merchant = A, changes: Parameters<typeof notificationBody>[2] = {}, content = {}) =>
  notificationBody(merchant.apiV3Key, transactionOf(merchant.mchid, content), changes);

function verdict(request: SignedRequest, now = NOW, ring: KeyRing = keys): string {
  const outcome = verifyNotification(request, ring, now);
  return outcome.kind === 'verified' ? 'verified' : outcome.reason;
}

function withHeaders(request: SignedRequest, changes: Record<string, string | undefined>): SignedRequest {
  const headers = Object.entries({ ...request.headers, ...changes }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return { ...request, headers: Object.fromEntries(headers) };
}

describe('a genuine notification', () => {
  it('gives the payment that it seals, and nothing about the payer', () => {
    const outcome = verifyNotification(signedRequest(A, payment()), keys, NOW);
    expect(outcome).toEqual({
      kind: 'verified',
      notification: {
        kind: 'transaction',
        notificationId: 'f0a1b2c3-e649-5eec-ab1e-3412bc4d2e17',
        keyId: A.serial,
        transaction: {
          appid: 'wx8888888888888888',
          mchid: A.mchid,
          out_trade_no: 'RECHARGE_ORDER17522530522711786',
          transaction_id: '4200002740202507127224774049',
          trade_state: 'SUCCESS',
          success_time: '2025-07-12T00:57:19+08:00',
          amount: { total: 990, currency: 'CNY' },
        },
      },
    });
  });

  it.each(['SUCCESS', 'CLOSED', 'ABNORMAL'])('gives the refund that it seals: %s', (status) => {
    const content = refundOf(A.mchid, {
      refund_status: status,
      ...(status === 'SUCCESS' ? {} : { success_time: undefined }),
    });
    const body = notificationBody(A.apiV3Key, content, { outer: { event_type: `REFUND.${status}` } });
    const outcome = verifyNotification(signedRequest(A, body), keys, NOW);
    expect(outcome).toMatchObject({
      notification: { kind: 'refund', refund: { refund_status: status, amount: { refund: 90 } } },
    });
  });

  it('may bear its serial in lower case', () => {
    expect(verdict(withHeaders(signedRequest(A, payment()), { 'wechatpay-serial': A.serial.toLowerCase() }))).toBe(
      'verified',
    );
  });

  it('is accepted from platform certificate and public key side by side', () => {
    expect(verdict(signedRequest(A, payment(A)))).toBe('verified');
    expect(verdict(signedRequest(B, payment(B)))).toBe('verified');
  });

  it('may leave the signature type out', () => {
    expect(verdict(withHeaders(signedRequest(A, payment()), { 'wechatpay-signature-type': undefined }))).toBe(
      'verified',
    );
  });

  it('may have associated data that is empty or missing', () => {
    expect(verdict(signedRequest(A, payment(A, { sealedWith: '', resource: { associated_data: '' } })))).toBe(
      'verified',
    );
    expect(verdict(signedRequest(A, payment(A, { sealedWith: '', resource: { associated_data: undefined } })))).toBe(
      'verified',
    );
  });

  it('may have fractional seconds and fields that nobody knows yet', () => {
    const content = { success_time: '2025-07-12T00:57:19.120+08:00', new_field: { deep: [1] } };
    expect(verdict(signedRequest(A, payment(A, { outer: { brand_new: true } }, content)))).toBe('verified');
  });

  it('may be written with escapes as PHP writes them: the bytes count', () => {
    const escaped = payment().replaceAll('/', '\\/').replace('支付成功', '\\u652f\\u4ed8\\u6210\\u529f');
    expect(verdict(signedRequest(A, escaped))).toBe('verified');
  });
});

describe('the time window', () => {
  it.each([-300, -1, 0, 1, 300])('accepts a timestamp %i s off', (seconds) => {
    expect(verdict(signedRequest(A, payment(), NOW + seconds * 1000))).toBe('verified');
  });

  it.each([-301, 301, -86_400, 86_400])('refuses a timestamp %i s off', (seconds) => {
    expect(verdict(signedRequest(A, payment(), NOW + seconds * 1000))).toBe('stale_timestamp');
  });

  it.each(['', ' ', 'NaN', '1e9', '-1752253039', '1752253039.0', '0x6871', '１７５２２５３０３９', '9'.repeat(400)])(
    'refuses the timestamp %j',
    (timestamp) => {
      expect(verdict(withHeaders(signedRequest(A, payment()), { 'wechatpay-timestamp': timestamp }))).toBe(
        'stale_timestamp',
      );
    },
  );
});

describe('the key', () => {
  it.each(['00'.repeat(20), '', '__proto__', 'constructor', 'toString', 'PUB_KEY_ID_', `${A.serial}00`])(
    'is unknown for the serial %j',
    (serial) => {
      expect(verdict(withHeaders(signedRequest(A, payment()), { 'wechatpay-serial': serial }))).toBe('unknown_serial');
    },
  );

  it('with a PUB_KEY_ID is told apart by case', () => {
    const request = signedRequest(B, payment(B));
    for (const serial of [B.serial.toLowerCase(), B.serial.toUpperCase(), B.serial.replace('abcD', 'ABCD')]) {
      expect(verdict(withHeaders(request, { 'wechatpay-serial': serial }))).toBe('unknown_serial');
    }
  });

  it('with a PUB_KEY_ID of digits alone is not found by a prefix in lower case', () => {
    const digits = { ...B, serial: 'PUB_KEY_ID_0119000000022025071200' };
    const request = withHeaders(signedRequest(digits, payment(B)), { 'wechatpay-serial': digits.serial.toLowerCase() });
    expect(verdict(request, NOW, keyRingOf(digits))).toBe('unknown_serial');
  });

  it('of another merchant does not verify under this serial', () => {
    const forged = signedRequest({ serial: A.serial, privateKey: B.privateKey }, payment(A));
    expect(verdict(forged)).toBe('bad_signature');
  });

  it('of one merchant may not speak of another merchant’s order', () => {
    const body = notificationBody(A.apiV3Key, transactionOf(B.mchid));
    expect(verdict(signedRequest(A, body))).toBe('wrong_merchant');
    const refund = notificationBody(A.apiV3Key, refundOf(B.mchid), { outer: { event_type: 'REFUND.SUCCESS' } });
    expect(verdict(signedRequest(A, refund))).toBe('wrong_merchant');
  });

  it('of one merchant does not open what is sealed for another', () => {
    expect(verdict(signedRequest(A, payment(B)))).toBe('undecryptable');
  });

  it('is refused before its certificate begins and after it ends', () => {
    const certificate = new X509Certificate(goNotify.certPem);
    const validFrom = Date.parse(certificate.validFrom);
    const validTo = Date.parse(certificate.validTo);
    const apiV3Key = createSecretKey(Buffer.from(A.apiV3Key));
    const ring: KeyRing = new Map([
      [
        goNotify.serial,
        { id: goNotify.serial, key: certificate.publicKey, mchid: A.mchid, apiV3Key, validFrom, validTo },
      ],
    ]);
    const at = (now: number) => {
      const headers = { ...signedRequest(A, goNotify.body, now).headers, 'wechatpay-serial': goNotify.serial };
      return verdict({ headers, body: Buffer.from(goNotify.body) }, now, ring);
    };
    expect(at(validFrom - 1_000)).toBe('expired_key');
    expect(at(validFrom)).toBe('bad_signature');
    expect(at(validTo)).toBe('bad_signature');
    expect(at(validTo + 1_000)).toBe('expired_key');
  });
});

describe('the official Go SDK’s notification', () => {
  it('has a good signature, and is refused because its resource is no AES-256 box of ours', () => {
    const { certPem, serial, body, timestamp, nonce, signature } = goNotify;
    const apiV3Key = createSecretKey(Buffer.from(A.apiV3Key));
    const key = {
      id: serial,
      key: new X509Certificate(certPem).publicKey,
      mchid: A.mchid,
      apiV3Key,
      validFrom: 0,
      validTo: NOW,
    };
    const headers = {
      'wechatpay-serial': serial,
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': nonce,
      'wechatpay-signature': signature,
    };
    const now = Number(timestamp) * 1000;
    expect(verdict({ headers, body: Buffer.from(body) }, now, new Map([[serial, key]]))).toBe('undecryptable');
    expect(verdict({ headers, body: Buffer.from(`${body} `) }, now, new Map([[serial, key]]))).toBe('bad_signature');
  });
});

describe('the headers', () => {
  it.each(['wechatpay-serial', 'wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-signature'])(
    'are refused without %s',
    (name) => {
      const outcome = verifyNotification(withHeaders(signedRequest(A, payment()), { [name]: undefined }), keys, NOW);
      expect(outcome).toMatchObject({ kind: 'refused', reason: 'missing_header' });
      expect(JSON.stringify(outcome).toLowerCase()).toContain(name);
    },
  );

  it.each(['WECHATPAY2-SM2-WITH-SM3', '', 'wechatpay2-sha256-rsa2048', 'none'])(
    'are refused with signature type %j',
    (type) => {
      expect(verdict(withHeaders(signedRequest(A, payment()), { 'wechatpay-signature-type': type }))).toBe(
        'unsupported_signature_type',
      );
    },
  );

  it('with a SIGNTEST signature are refused as a test, whatever else they say', () => {
    const request = signedRequest(A, payment());
    const probe = `WECHATPAY/SIGNTEST/${request.headers['wechatpay-signature']?.slice(19)}`;
    expect(verdict(withHeaders(request, { 'wechatpay-signature': probe }))).toBe('signature_test');
    expect(verdict(withHeaders(request, { 'wechatpay-signature': probe, 'wechatpay-serial': '00'.repeat(20) }))).toBe(
      'signature_test',
    );
  });

  it.each(['', '=', 'AAAA', 'not base64 at all', `${'A'.repeat(342)}==`])(
    'are refused with the signature %j',
    (signature) => {
      expect(verdict(withHeaders(signedRequest(A, payment()), { 'wechatpay-signature': signature }))).toBe(
        'bad_signature',
      );
    },
  );

  it('of a v2 notification are missing, and its XML is told apart', () => {
    const xml = '\n<xml><return_code>SUCCESS</return_code><mch_id>1900000001</mch_id></xml>';
    expect(verdict({ headers: { 'content-type': 'text/xml' }, body: Buffer.from(xml) })).toBe('v2_xml');
  });
});

describe('the body', () => {
  it.each(['', '{}', 'null', '[]', '"x"', '{', '<xml/>', '\u0000'])('is refused when signed but %j', (body) => {
    expect(verdict(signedRequest(A, body))).toBe('malformed_body');
  });

  it('is refused when read and written again', () => {
    const escaped = payment().replaceAll('/', '\\/');
    const request = signedRequest(A, escaped);
    const again = Buffer.from(JSON.stringify(JSON.parse(escaped)));
    expect(again.equals(request.body)).toBe(false);
    expect(verdict({ ...request, body: again })).toBe('bad_signature');
  });

  it.each(['AEAD_SM4_GCM', 'AES', undefined])('is refused with the algorithm %s', (algorithm) => {
    expect(verdict(signedRequest(A, payment(A, { resource: { algorithm } })))).toBe('malformed_body');
  });

  it.each([
    ['nonce', { nonce: 'uluk4a9R25RX' }],
    ['nonce of 11 bytes', { nonce: 'uluk4a9R25R' }],
    ['associated data', { associated_data: 'refund' }],
    ['ciphertext', { ciphertext: seal(A.apiV3Key, '{}', 'transaction', 'uluk4a9R25RX') }],
    ['ciphertext of 15 bytes', { ciphertext: Buffer.alloc(15).toString('base64') }],
    ['ciphertext that is not base64', { ciphertext: '!' }],
  ])('is refused with another %s, though signed', (_what, resource) => {
    expect(verdict(signedRequest(A, payment(A, { resource })))).toBe('undecryptable');
  });

  it.each(['PAYSCORE.USER_OPEN_SERVICE', 'TRANSACTION.FAIL', 'transaction.success', 'toString'])(
    'is refused with the event type %s',
    (event_type) => {
      expect(verdict(signedRequest(A, payment(A, { outer: { event_type } })))).toBe('unsupported_event');
    },
  );
});

describe('the payment inside', () => {
  it.each([
    ['a float amount', { amount: { total: 9.9, currency: 'CNY' } }],
    ['an amount of zero', { amount: { total: 0, currency: 'CNY' } }],
    ['a negative amount', { amount: { total: -1, currency: 'CNY' } }],
    ['an amount as text', { amount: { total: '990', currency: 'CNY' } }],
    ['an unsafe integer', { amount: { total: 2 ** 53, currency: 'CNY' } }],
    ['no currency', { amount: { total: 990 } }],
    ['no transaction id', { transaction_id: undefined }],
    ['an empty transaction id', { transaction_id: '' }],
    ['a state that is not SUCCESS', { trade_state: 'NOTPAY' }],
    ['a time without an offset', { success_time: '2025-07-12 00:57:19' }],
    ['an order number with a colon', { out_trade_no: 'ORDER:1:2' }],
    ['a merchant number with letters', { mchid: '19x' }],
  ])('is refused with %s', (_what, content) => {
    expect(verdict(signedRequest(A, payment(A, {}, content)))).toBe('malformed_resource');
  });

  it('is refused when it opens to something that is no JSON', () => {
    const ciphertext = seal(A.apiV3Key, 'not json', 'transaction');
    expect(verdict(signedRequest(A, payment(A, { resource: { ciphertext } })))).toBe('malformed_resource');
  });

  it('never shows in the reason for its refusal', () => {
    const content = {
      amount: { total: 'marked-secret' },
      out_trade_no: 'marked secret',
      payer: { openid: 'marked-secret' },
    };
    const outcome = verifyNotification(signedRequest(A, payment(A, {}, content)), keys, NOW);
    expect(outcome).toMatchObject({ reason: 'malformed_resource' });
    expect(JSON.stringify(outcome)).not.toMatch(/marked.secret/);
  });
});
