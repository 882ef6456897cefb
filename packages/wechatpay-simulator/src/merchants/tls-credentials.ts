import { createPublicKey } from 'node:crypto';
import { generatePrivateKey } from './generate-key.ts';
import { issueCertificate, keyIdentifierOf, privatePem, randomSerial } from './issue-certificate.ts';
import type { RootCa } from './root-ca.ts';

/** The two entry points of WeChat Pay, which SDKs have built in, and this machine's own names. */
export const TLS_HOSTS = ['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com', 'localhost'] as const;
const TLS_ADDRESS = '127.0.0.1';
const DAY_MS = 24 * 3_600_000;
/** TLS clients refuse certificates that last longer than 398 days. */
const TLS_LIFE_MS = 397 * DAY_MS;
/** For clients whose clock is behind. */
const BACKDATED_MS = DAY_MS;
const DNS_NAME = 2;
const IP_ADDRESS = 7;

export interface TlsCredentials {
  readonly key: string;
  /** The server's certificate; clients trust it by the root CA's. */
  readonly cert: string;
}

/**
 * Key and certificate with which a TLS server passes for api.mch.weixin.qq.com at clients that trust `rootCa`. Valid
 * around `nowMs`, which is the system's time and not the simulator's: TLS clients know no other.
 */
export async function createTlsCredentials(rootCa: RootCa, nowMs: number): Promise<TlsCredentials> {
  const privateKey = await generatePrivateKey();
  const notBeforeMs = nowMs - BACKDATED_MS;
  const cert = issueCertificate({
    issuer: rootCa,
    subject: [['CN', TLS_HOSTS[0]]],
    key: privateKey,
    serial: randomSerial(),
    notBeforeMs,
    notAfterMs: notBeforeMs + TLS_LIFE_MS,
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...TLS_HOSTS.map((value) => ({ type: DNS_NAME, value })), { type: IP_ADDRESS, ip: TLS_ADDRESS }],
      },
      { name: 'authorityKeyIdentifier', keyIdentifier: keyIdentifierOf(createPublicKey(rootCa.privateKey)) },
      { name: 'subjectKeyIdentifier' },
    ],
  });
  return { key: privatePem(privateKey), cert };
}
