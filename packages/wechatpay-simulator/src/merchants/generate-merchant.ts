import { generateKeyPair, type KeyObject, randomBytes, randomInt } from 'node:crypto';
import { promisify } from 'node:util';
import { toAlphanumeric } from '../seeded-bytes.ts';
import { createMerchant, type Merchant, type VerificationMode } from './merchant.ts';

export interface MerchantSpec {
  readonly mchid: string;
  readonly appid?: string | undefined;
  readonly mode?: VerificationMode | undefined;
  readonly publicKeyShare?: number | undefined;
}

/** WeChat Pay's signature type is RSA2048, so no other size is of use. */
const RSA_BITS = 2048;
/** Half and half shows both keys soonest when nobody asked for a share. */
const DEFAULT_PUBLIC_KEY_SHARE = 0.5;

const generateKeyPairAsync = promisify(generateKeyPair);

/** A merchant with fresh keys. Three RSA key pairs: about half a second, on the thread pool. */
export async function generateMerchant(spec: MerchantSpec): Promise<Merchant> {
  const [apiPrivateKey, platformPrivateKey, publicKeyPrivateKey] = await Promise.all([
    generatePrivateKey(),
    generatePrivateKey(),
    generatePrivateKey(),
  ]);
  return createMerchant({
    mchid: spec.mchid,
    appid: spec.appid ?? `wx${randomBytes(8).toString('hex')}`,
    mode: spec.mode ?? 'certificate',
    publicKeyShare: spec.publicKeyShare ?? DEFAULT_PUBLIC_KEY_SHARE,
    keys: {
      apiPrivateKey,
      serialNo: randomSerial(),
      apiV3Key: toAlphanumeric(randomBytes(32), 32),
      platformPrivateKey,
      platformSerial: randomSerial(),
      publicKeyPrivateKey,
      publicKeyId: `PUB_KEY_ID_${randomDigits(34)}`,
    },
  });
}

async function generatePrivateKey(): Promise<KeyObject> {
  const pair = await generateKeyPairAsync('rsa', { modulusLength: RSA_BITS });
  return pair.privateKey;
}

/** A certificate's serial has no leading zero digit and a clear top bit, as X.509 wants a positive number. */
function randomSerial(): string {
  const bytes = randomBytes(20);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex').toUpperCase();
}

function randomDigits(length: number): string {
  return Array.from({ length }, () => randomInt(10)).join('');
}
