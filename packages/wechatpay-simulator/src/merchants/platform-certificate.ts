import { type KeyObject, X509Certificate } from 'node:crypto';
import { type DistinguishedName, issueCertificate, randomSerial } from './issue-certificate.ts';
import type { RootCa } from './root-ca.ts';
import { CERTIFICATE_LIFE_MS } from './rotation-plan.ts';

/** A certificate with its private key, and what its PEM says. Times are whole seconds in ms UTC. */
export interface CertifiedKey {
  /** 40 upper-case hex digits. */
  readonly serial: string;
  readonly privateKey: KeyObject;
  readonly certificatePem: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** Subject and key usage of a real platform certificate (the vector from wechatpay-java's TestConfig). */
const PLATFORM_NAME: DistinguishedName = [
  ['CN', 'Tenpay.com sign'],
  ['O', 'Tenpay.com'],
  ['OU', 'Tenpay.com CA Center'],
  ['C', 'CN'],
  ['L', 'ShenZhen'],
];
const END_ENTITY_EXTENSIONS = [
  { name: 'basicConstraints', cA: false },
  {
    name: 'keyUsage',
    digitalSignature: true,
    nonRepudiation: true,
    keyEncipherment: true,
    dataEncipherment: true,
    keyAgreement: true,
  },
] as const;

/** Who issues, for which key, from when on; a serial is drawn unless the key has one already. */
export interface IssueOrder {
  readonly rootCa: RootCa;
  readonly privateKey: KeyObject;
  readonly notBeforeMs: number;
  readonly serial?: string | undefined;
}

/** A platform certificate: 5 years from `notBeforeMs` on. */
export function issuePlatformCertificate(order: IssueOrder): CertifiedKey {
  return issueFor(PLATFORM_NAME, order);
}

/** A merchant's API certificate (apiclient_cert.pem): 5 years; its CN is the mchid. */
export function issueApiCertificate(mchid: string, order: IssueOrder): CertifiedKey {
  const subject: DistinguishedName = [
    ['CN', mchid],
    ['O', '微信商户系统'],
    ['OU', 'wechatpay-simulator'],
    ['C', 'CN'],
    ['L', 'ShenZhen'],
  ];
  return issueFor(subject, order);
}

/** A saved certificate with its key. Throws when the two are no pair. */
export function readCertifiedKey(certificatePem: string, privateKey: KeyObject): CertifiedKey {
  const certificate = new X509Certificate(certificatePem);
  if (!certificate.checkPrivateKey(privateKey)) throw new Error(`${certificate.serialNumber} has another key`);
  return {
    serial: certificate.serialNumber.padStart(40, '0'),
    privateKey,
    certificatePem,
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
  };
}

export function isValidAt(certified: CertifiedKey, nowMs: number): boolean {
  return certified.notBeforeMs <= nowMs && nowMs < certified.notAfterMs;
}

function issueFor(subject: DistinguishedName, order: IssueOrder): CertifiedKey {
  const { rootCa, privateKey, serial = randomSerial() } = order;
  const notBeforeMs = Math.floor(order.notBeforeMs / 1000) * 1000;
  const notAfterMs = notBeforeMs + CERTIFICATE_LIFE_MS;
  const validity = { notBeforeMs, notAfterMs };
  const extensions = END_ENTITY_EXTENSIONS;
  const certificatePem = issueCertificate({
    issuer: rootCa,
    subject,
    key: privateKey,
    serial,
    ...validity,
    extensions,
  });
  return { serial, privateKey, certificatePem, ...validity };
}
