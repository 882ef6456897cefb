import type { KeyObject } from 'node:crypto';
import { createPublicKey, createSecretKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ConfigError } from '../config/config-error.ts';
import type { Merchant } from '../config/merchants-file.ts';

const API_V3_KEY_BYTES = 32;
const HEX = /^[0-9A-Fa-f]+$/;

/** A key that WeChat Pay signs with, and the merchant it signs for. */
export type VerificationKey = {
  id: string;
  key: KeyObject;
  mchid: string;
  apiV3Key: KeyObject;
  /** ms UTC; a public key does not expire. */
  validFrom: number;
  validTo: number;
};

/** All keys that may sign for our merchants, by `Wechatpay-Serial`: certificates and public keys side by side. */
export type KeyRing = ReadonlyMap<string, VerificationKey>;

/** Reads every merchant's APIv3 key and verification keys. Throws ConfigError naming the file. */
export function loadKeyRing(merchants: Merchant[]): KeyRing {
  const ring = new Map<string, VerificationKey>();
  for (const merchant of merchants) {
    const apiV3Key = readApiV3Key(merchant.keys.apiV3KeyFile);
    const files = listKeyFiles(merchant.keys.verificationKeysDir);
    for (const file of files) {
      const key = readVerificationKey(join(merchant.keys.verificationKeysDir, file));
      const other = ring.get(key.id);
      if (other !== undefined) {
        throw new ConfigError(
          `Key ${key.id} is given for merchant ${other.mchid} and for ${merchant.mchid}; keep one.`,
        );
      }
      ring.set(key.id, { ...key, mchid: merchant.mchid, apiV3Key });
    }
  }
  return ring;
}

function listKeyFiles(folder: string): string[] {
  let files: string[];
  try {
    files = readdirSync(folder).filter((file) => file.endsWith('.pem'));
  } catch {
    throw new ConfigError(`${folder} (verificationKeysDir) cannot be read; make it a directory of WeChat Pay's keys.`);
  }
  if (files.length > 0) return files;
  throw new ConfigError(`${folder} holds no .pem file; put WeChat Pay's platform certificate or public key there.`);
}

/** Hex serials are compared without regard to case, as both cases are seen in the wild; key ids are not. */
export function normalizeSerial(serial: string): string {
  return HEX.test(serial) ? serial.toUpperCase() : serial;
}

/** The APIv3 key is used as its 32 bytes (page 4012071382). */
export function readApiV3Key(path: string): KeyObject {
  let bytes: Buffer;
  try {
    bytes = Buffer.from(readFileSync(path, 'utf8').trim(), 'utf8');
  } catch {
    throw new ConfigError(`${path} (apiV3KeyFile) cannot be read; put the APIv3 key of the merchant platform there.`);
  }
  if (bytes.length !== API_V3_KEY_BYTES) {
    throw new ConfigError(
      `${path} (apiV3KeyFile) holds ${bytes.length} bytes; an APIv3 key has exactly ${API_V3_KEY_BYTES}.`,
    );
  }
  return createSecretKey(bytes);
}

function readVerificationKey(path: string): Omit<VerificationKey, 'mchid' | 'apiV3Key'> {
  const name = basename(path, '.pem');
  const id = normalizeSerial(name);
  try {
    const pem = readFileSync(path, 'utf8');
    if (!pem.includes('BEGIN CERTIFICATE')) {
      return { id, key: readPublicKey(pem), validFrom: 0, validTo: Number.POSITIVE_INFINITY };
    }
    const certificate = new X509Certificate(pem);
    if (certificate.serialNumber.toUpperCase() !== id) {
      throw new ConfigError(
        `${path} holds the certificate ${certificate.serialNumber}; name the file after its serial.`,
      );
    }
    const validity = { validFrom: Date.parse(certificate.validFrom), validTo: Date.parse(certificate.validTo) };
    return { id, key: certificate.publicKey, ...validity };
  } catch (err) {
    if (err instanceof ConfigError) throw err;
    throw new ConfigError(`${path} is neither a PEM certificate nor a PEM public key (RSA); replace or remove it.`);
  }
}

/** Throws on anything else: Node would take the public half of a private key, which has no place here. */
function readPublicKey(pem: string): KeyObject {
  if (pem.includes('PRIVATE KEY')) throw new Error('a private key');
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'rsa') throw new Error('not an RSA key');
  return key;
}
