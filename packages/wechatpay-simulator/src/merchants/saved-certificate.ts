import { createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { type CertifiedKey, isValidAt, readCertifiedKey } from './platform-certificate.ts';
import type { RootCa } from './root-ca.ts';

/**
 * The certificate saved at `path` for `privateKey`; undefined when there is none (folders from before certificates were
 * simulated hold a bare public key there), when another root CA issued it, or when it is not valid at `nowMs`, since it
 * was made on another clock or has expired meanwhile. Throws when it is of another key.
 */
export function readSavedCertificate(
  path: string,
  privateKey: KeyObject,
  rootCa: RootCa,
  nowMs: number,
): CertifiedKey | undefined {
  if (!existsSync(path)) return undefined;
  const pem = readFileSync(path, 'utf8');
  if (!pem.includes('BEGIN CERTIFICATE')) return undefined;
  const saved = readCertifiedKey(pem, privateKey);
  const isOurs = new X509Certificate(pem).verify(createPublicKey(rootCa.privateKey));
  return isOurs && isValidAt(saved, nowMs) ? saved : undefined;
}
