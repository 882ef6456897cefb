import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { ConfigError } from '../config/config-error.ts';
import type { Merchant } from '../config/merchants-file.ts';
import type { MerchantCredentials } from './sign-request.ts';

/**
 * What the merchant signs its calls with; undefined when merchants.yaml gives no private key. Throws ConfigError naming
 * the file, or the field that is missing beside it.
 */
export function readCredentials({ mchid, keys }: Merchant): MerchantCredentials | undefined {
  if (keys.privateKeyFile === undefined) return undefined;
  if (keys.certificateSerial === undefined) {
    throw new ConfigError(
      `Merchant ${mchid} has keys.privateKeyFile but no keys.certificateSerial; add its API certificate's serial number.`,
    );
  }
  return { mchid, serialNo: keys.certificateSerial, privateKey: readPrivateKey(keys.privateKeyFile) };
}

function readPrivateKey(path: string): KeyObject {
  let pem: Buffer;
  try {
    pem = readFileSync(path);
  } catch {
    throw new ConfigError(`${path} (privateKeyFile) cannot be read; put the merchant's apiclient_key.pem there.`);
  }
  const key = parseKey(pem);
  if (key?.asymmetricKeyType === 'rsa') return key;
  throw new ConfigError(
    `${path} (privateKeyFile) is no PEM private key (RSA); put the merchant's apiclient_key.pem there.`,
  );
}

function parseKey(pem: Buffer): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
