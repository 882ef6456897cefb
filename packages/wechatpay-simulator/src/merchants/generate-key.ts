import { generateKeyPair, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { promisify } from 'node:util';

/** WeChat Pay's signature type is RSA2048, so no other size is of use. */
const RSA_BITS = 2048;

const generateKeyPairAsync = promisify(generateKeyPair);

/** A private key, made on the thread pool: several at once take little longer than one. */
export async function generatePrivateKey(): Promise<KeyObject> {
  const pair = await generateKeyPairAsync('rsa', { modulusLength: RSA_BITS });
  return pair.privateKey;
}

/** A private key at once: holds up everything for about 60 ms. */
export function generatePrivateKeyNow(): KeyObject {
  return generateKeyPairSync('rsa', { modulusLength: RSA_BITS }).privateKey;
}
