import { createPublicKey, type KeyObject } from 'node:crypto';
import { deriveBytes, toFraction } from '../seeded-bytes.ts';

/**
 * With what WeChat Pay signs for a merchant: its platform certificate, its public key (`PUB_KEY_ID_…`), or both while
 * it moves from the first to the second (page 4012154180).
 */
export type VerificationMode = 'certificate' | 'public-key' | 'rotating';

export interface MerchantKeys {
  readonly apiPrivateKey: KeyObject;
  /** Serial of the merchant's API certificate, 40 upper-case hex digits. */
  readonly serialNo: string;
  /** Exactly 32 ASCII characters (page 4012071382). */
  readonly apiV3Key: string;
  readonly platformPrivateKey: KeyObject;
  /** 40 upper-case hex digits. */
  readonly platformSerial: string;
  readonly publicKeyPrivateKey: KeyObject;
  /** `PUB_KEY_ID_` and digits. */
  readonly publicKeyId: string;
}

export interface Merchant {
  readonly mchid: string;
  readonly appid: string;
  readonly mode: VerificationMode;
  /** Share of notifications (0 to 1) that the public key signs while rotating. */
  readonly publicKeyShare: number;
  readonly keys: MerchantKeys;
  readonly apiPublicKey: KeyObject;
}

export interface SigningKey {
  readonly serial: string;
  readonly privateKey: KeyObject;
}

export function createMerchant(fields: Omit<Merchant, 'apiPublicKey'>): Merchant {
  return { ...fields, apiPublicKey: createPublicKey(fields.keys.apiPrivateKey) };
}

export function platformSigningKey(merchant: Merchant): SigningKey {
  return { serial: merchant.keys.platformSerial, privateKey: merchant.keys.platformPrivateKey };
}

export function publicKeySigningKey(merchant: Merchant): SigningKey {
  return { serial: merchant.keys.publicKeyId, privateKey: merchant.keys.publicKeyPrivateKey };
}

/** The key that signs this order's notifications. While rotating, WeChat Pay decides; here the seed does. */
export function notificationSigningKey(merchant: Merchant, outTradeNo: string, seed: string): SigningKey {
  switch (merchant.mode) {
    case 'certificate':
      return platformSigningKey(merchant);
    case 'public-key':
      return publicKeySigningKey(merchant);
    case 'rotating': {
      const drawn = toFraction(deriveBytes(seed, 'notification-key', outTradeNo));
      return drawn < merchant.publicKeyShare ? publicKeySigningKey(merchant) : platformSigningKey(merchant);
    }
  }
}
