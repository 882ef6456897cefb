import { generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import forge from 'node-forge';

const DAY_MS = 86_400_000;
const LIFE_MS = 365 * DAY_MS;
/** A certificate that ends sooner is made anew at the next start. */
const RENEW_BEFORE_MS = 30 * DAY_MS;
const DNS_NAME = 2;
const IP_ADDRESS = 7;

/** PEM texts. */
export type TlsCredentials = { key: string; certificate: string };

/** A self-signed certificate for this machine's own names; clients trust it as their authority. */
export function issueCertificate(nowMs: number): TlsCredentials {
  const pair = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(pair.publicKey);
  certificate.serialNumber = `4a${randomBytes(15).toString('hex')}`;
  certificate.validity.notBefore = new Date(nowMs - DAY_MS);
  certificate.validity.notAfter = new Date(nowMs + LIFE_MS);
  const name = [{ shortName: 'CN', value: 'localhost' }];
  certificate.setSubject(name);
  certificate.setIssuer(name);
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', critical: true, digitalSignature: true, keyEncipherment: true, keyCertSign: true },
    { name: 'extKeyUsage', serverAuth: true },
    {
      name: 'subjectAltName',
      altNames: [
        { type: DNS_NAME, value: 'localhost' },
        { type: IP_ADDRESS, ip: '127.0.0.1' },
      ],
    },
  ]);
  certificate.sign(forge.pki.privateKeyFromPem(pair.privateKey), forge.md.sha256.create());
  return { key: pair.privateKey, certificate: forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n') };
}

export function isStillGood(certificate: string, nowMs: number): boolean {
  return Date.parse(new X509Certificate(certificate).validTo) > nowMs + RENEW_BEFORE_MS;
}
