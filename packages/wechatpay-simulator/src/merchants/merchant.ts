import { createPublicKey, type KeyObject } from 'node:crypto';
import { deriveBytes, toFraction } from '../seeded-bytes.ts';
import type { MerchantSigning } from './merchant-signing.ts';
import type { VerificationMode } from './signing-state.ts';

/** The keys of a merchant that stay as they are. */
export interface MerchantKeys {
  readonly apiPrivateKey: KeyObject;
  /** apiclient_cert.pem, which carries `serialNo`. */
  readonly apiCertificatePem: string;
  /** Serial of the merchant's API certificate, 40 upper-case hex digits. */
  readonly serialNo: string;
  /** Exactly 32 ASCII characters (page 4012071382). */
  readonly apiV3Key: string;
  readonly publicKeyPrivateKey: KeyObject;
  /** `PUB_KEY_ID_` and digits. */
  readonly publicKeyId: string;
}

export interface MerchantFields {
  readonly mchid: string;
  readonly appid: string;
  readonly keys: MerchantKeys;
  /** Platform certificates and shares, as they are now. */
  readonly signing: MerchantSigning;
}

export interface Merchant extends MerchantFields {
  /** As of now: it can be changed while the simulator runs. */
  readonly mode: VerificationMode;
  readonly apiPublicKey: KeyObject;
}

export interface SigningKey {
  readonly serial: string;
  readonly privateKey: KeyObject;
}

export function createMerchant({ mchid, appid, keys, signing }: MerchantFields): Merchant {
  return {
    mchid,
    appid,
    keys,
    signing,
    get mode() {
      return signing.mode;
    },
    apiPublicKey: createPublicKey(keys.apiPrivateKey),
  };
}

/** The platform certificate that signs the next answer: while one rotates, the new one for its share of answers. */
export function platformSigningKey(merchant: Merchant): SigningKey {
  return merchant.signing.nextAnswerCertificate();
}

export function publicKeySigningKey(merchant: Merchant): SigningKey {
  return { serial: merchant.keys.publicKeyId, privateKey: merchant.keys.publicKeyPrivateKey };
}

/**
 * The key that signs this order's notifications now. While two are in use, WeChat Pay decides; here the seed does. An
 * order that has moved to the newer key stays with it, since shares only grow (unless the change is stopped).
 */
export function notificationSigningKey(merchant: Merchant, outTradeNo: string, seed: string): SigningKey {
  const { signing } = merchant;
  const draw = (purpose: string) => toFraction(deriveBytes(seed, purpose, outTradeNo));
  if (draw('notification-key') < signing.publicKeyShare) return publicKeySigningKey(merchant);
  return signing.certificateFor(draw('notification-certificate'));
}
