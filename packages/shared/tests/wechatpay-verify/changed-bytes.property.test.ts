import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openResource } from '../../src/wechatpay-verify/open-resource.ts';
import { verifyNotification } from '../../src/wechatpay-verify/verify-notification.ts';
import {
  keyRingOf,
  NOW,
  notificationBody,
  type SignedRequest,
  seal,
  signedRequest,
  testMerchant,
  transactionOf,
} from './signed-notification.ts';

const RUNS = 2_000;
const merchant = testMerchant(
  '1900000001',
  '5A1B2C3D4E5F60718293A4B5C6D7E8F901234567',
  'a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb',
);
const keys = keyRingOf(merchant);
const genuine = signedRequest(merchant, notificationBody(merchant.apiV3Key, transactionOf(merchant.mchid)));

/** Headers reach the handler as latin1 text, so a changed byte stays one character. */
function flipInText(text: string, at: number, mask: number): string {
  return flip(Buffer.from(text, 'latin1'), at, mask).toString('latin1');
}

function flip(bytes: Buffer, at: number, mask: number): Buffer {
  const changed = Buffer.from(bytes);
  const index = at % changed.length;
  changed.writeUInt8(changed.readUInt8(index) ^ mask, index);
  return changed;
}

const anyFlip = fc.record({ at: fc.nat({ max: 1_000_000 }), mask: fc.integer({ min: 1, max: 255 }) });

function outcomeOf(request: SignedRequest) {
  return verifyNotification(request, keys, NOW).kind;
}

describe('a really signed notification', () => {
  it('is accepted as it is', () => {
    expect(outcomeOf(genuine)).toBe('verified');
  });

  it('is refused with any one byte of its body changed', () => {
    const property = fc.property(anyFlip, ({ at, mask }) => {
      expect(outcomeOf({ ...genuine, body: flip(genuine.body, at, mask) })).toBe('refused');
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it.each(['wechatpay-signature', 'wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-serial'])(
    'is refused with any one byte of %s changed, letters’ case in a serial aside',
    (name) => {
      const value = genuine.headers[name] ?? '';
      const property = fc.property(anyFlip, ({ at, mask }) => {
        const changed = flipInText(value, at, mask);
        fc.pre(name !== 'wechatpay-serial' || changed.toUpperCase() !== value);
        expect(outcomeOf({ ...genuine, headers: { ...genuine.headers, [name]: changed } })).toBe('refused');
      });
      fc.assert(property, { numRuns: RUNS });
    },
  );

  it('is refused with its body cut or added to anywhere', () => {
    const property = fc.property(fc.nat({ max: genuine.body.length }), fc.boolean(), (at, isCut) => {
      const changed = isCut
        ? genuine.body.subarray(0, at)
        : Buffer.concat([genuine.body.subarray(0, at), Buffer.from(' '), genuine.body.subarray(at)]);
      fc.pre(changed.length !== genuine.body.length);
      expect(outcomeOf({ ...genuine, body: changed })).toBe('refused');
    });
    fc.assert(property, { numRuns: RUNS });
  });
});

describe('a sealed resource', () => {
  const nonce = 'uluk4a9R25RW';
  const ciphertext = seal(merchant.apiV3Key, JSON.stringify(transactionOf(merchant.mchid)), 'transaction', nonce);
  const apiV3Key = keys.get(merchant.serial)?.apiV3Key;
  if (apiV3Key === undefined) throw new Error('the ring holds the merchant');

  it('does not open with any one byte of ciphertext or tag changed', () => {
    const sealed = Buffer.from(ciphertext, 'base64');
    const property = fc.property(anyFlip, ({ at, mask }) => {
      const changed = flip(sealed, at, mask).toString('base64');
      expect(openResource(apiV3Key, { ciphertext: changed, nonce, associatedData: 'transaction' })).toBeUndefined();
    });
    fc.assert(property, { numRuns: RUNS });
  });

  it('does not open with any other nonce or associated data', () => {
    const property = fc.property(
      fc.string({ maxLength: 20 }),
      fc.string({ maxLength: 20 }),
      (otherNonce, otherData) => {
        fc.pre(otherNonce !== nonce && otherData !== 'transaction');
        expect(
          openResource(apiV3Key, { ciphertext, nonce: otherNonce, associatedData: 'transaction' }),
        ).toBeUndefined();
        expect(openResource(apiV3Key, { ciphertext, nonce, associatedData: otherData })).toBeUndefined();
      },
    );
    fc.assert(property, { numRuns: RUNS });
  });
});

describe('verification', () => {
  it('answers every mix of headers and bytes without throwing', () => {
    const header = fc.option(fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.constant('__proto__')), {
      nil: undefined,
    });
    const names = ['wechatpay-signature', 'wechatpay-timestamp', 'wechatpay-nonce', 'wechatpay-serial'];
    const property = fc.property(fc.tuple(header, header, header, header), fc.uint8Array(), (values, bytes) => {
      const headers = Object.fromEntries(names.map((name, index) => [name, values[index]]));
      expect(verifyNotification({ headers, body: Buffer.from(bytes) }, keys, NOW).kind).toBe('refused');
    });
    fc.assert(property, { numRuns: RUNS });
  });
});
