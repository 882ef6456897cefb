import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generatePrivateKey } from './generate-key.ts';
import {
  type DistinguishedName,
  type Issuer,
  issueCertificate,
  privatePem,
  randomSerial,
} from './issue-certificate.ts';
import { replaceFile } from './replace-file.ts';

/** The stand-in for "Tenpay.com Root CA": issues the certificates of one simulator, and is worth nothing elsewhere. */
export interface RootCa extends Issuer {
  readonly certificatePem: string;
}

/** The issuer of real platform certificates (the vector from wechatpay-java's TestConfig; page 4012069411). */
const ROOT_NAME: DistinguishedName = [
  ['C', 'CN'],
  ['O', 'Tenpay.com'],
  ['OU', 'Tenpay.com CA Center'],
  ['CN', 'Tenpay.com Root CA'],
];
// Wide enough for wherever somebody sets the simulator's clock.
const NOT_BEFORE_MS = Date.UTC(1970, 0, 1);
const NOT_AFTER_MS = Date.UTC(2149, 11, 31);

/** The root CA saved under `stateDir`, or a new one, which is saved there; without a directory it lives in memory. */
export async function openRootCa(stateDir: string | undefined): Promise<RootCa> {
  if (stateDir === undefined) return createRootCa();
  const paths = rootCaPaths(stateDir);
  if (existsSync(paths.certificate)) return loadRootCa(paths);
  const rootCa = await createRootCa();
  await mkdir(stateDir, { recursive: true });
  replaceFile(paths.privateKey, privatePem(rootCa.privateKey), 'private');
  // Last: its presence says that the pair is whole.
  replaceFile(paths.certificate, rootCa.certificatePem, 'public');
  return rootCa;
}

export async function createRootCa(): Promise<RootCa> {
  const privateKey = await generatePrivateKey();
  const certificatePem = issueCertificate({
    issuer: { name: ROOT_NAME, privateKey },
    subject: ROOT_NAME,
    key: privateKey,
    serial: randomSerial(),
    notBeforeMs: NOT_BEFORE_MS,
    notAfterMs: NOT_AFTER_MS,
    extensions: [
      { name: 'basicConstraints', critical: true, cA: true, pathLenConstraint: 0 },
      { name: 'keyUsage', critical: true, keyCertSign: true, cRLSign: true },
      { name: 'subjectKeyIdentifier' },
    ],
  });
  return { name: ROOT_NAME, privateKey, certificatePem };
}

export interface RootCaPaths {
  readonly certificate: string;
  readonly privateKey: string;
}

export function rootCaPaths(stateDir: string): RootCaPaths {
  return { certificate: join(stateDir, 'root-ca.pem'), privateKey: join(stateDir, 'root-ca_key.pem') };
}

async function loadRootCa(paths: RootCaPaths): Promise<RootCa> {
  try {
    const certificatePem = await readFile(paths.certificate, 'utf8');
    const privateKey = createPrivateKey(await readFile(paths.privateKey));
    if (!new X509Certificate(certificatePem).checkPrivateKey(privateKey)) throw new Error('not a pair');
    return { name: ROOT_NAME, privateKey, certificatePem };
  } catch (cause) {
    throw new Error(
      `${paths.certificate} and ${paths.privateKey} are no certificate with its key; restore them, or remove both to get new ones.`,
      { cause },
    );
  }
}
