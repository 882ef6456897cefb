import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';
import forge from 'node-forge';

// What node-forge has, and its types leave out.
declare module 'node-forge' {
  namespace pki {
    function getTBSCertificate(certificate: Certificate): asn1.Asn1;
  }
}

const SHA256_WITH_RSA = '1.2.840.113549.1.1.11';
/** forge's types ask for a class here, where forge takes a type. */
const UTF8_STRING: number = forge.asn1.Type.UTF8;

/** Parts of a distinguished name, in their order. */
export type DistinguishedName = ReadonlyArray<readonly ['C' | 'O' | 'OU' | 'L' | 'CN', string]>;
/** One X.509 extension as node-forge writes it. */
export type CertificateExtension = Readonly<Record<string, unknown>> & { readonly name: string };

export interface Issuer {
  readonly name: DistinguishedName;
  readonly privateKey: KeyObject;
}

export interface CertificateRequest {
  readonly issuer: Issuer;
  readonly subject: DistinguishedName;
  /** The subject's private or public key. */
  readonly key: KeyObject;
  /** 40 upper-case hex digits. */
  readonly serial: string;
  /** ms UTC; a certificate holds whole seconds, so both are cut to one. */
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly extensions: readonly CertificateExtension[];
}

/**
 * An X.509 v3 certificate (sha256WithRSAEncryption) as PEM. node-forge writes the DER; Node signs it, since forge's own
 * RSA takes 35 ms instead of one.
 */
export function issueCertificate(request: CertificateRequest): string {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(publicPem(request.key));
  certificate.serialNumber = request.serial.toLowerCase();
  certificate.validity.notBefore = new Date(request.notBeforeMs);
  certificate.validity.notAfter = new Date(request.notAfterMs);
  certificate.setSubject(forgeName(request.subject));
  certificate.setIssuer(forgeName(request.issuer.name));
  certificate.setExtensions([...request.extensions]);
  certificate.siginfo.algorithmOid = SHA256_WITH_RSA;
  certificate.signatureOid = SHA256_WITH_RSA;
  certificate.tbsCertificate = forge.pki.getTBSCertificate(certificate);
  const signedBytes = Buffer.from(forge.asn1.toDer(certificate.tbsCertificate).getBytes(), 'latin1');
  certificate.signature = sign('sha256', signedBytes, request.issuer.privateKey).toString('latin1');
  return forge.pki.certificateToPem(certificate).replaceAll('\r\n', '\n');
}

/** What names a key in its certificate and in those it issues, as raw bytes in a string (RFC 5280, 4.2.1.2). */
export function keyIdentifierOf(key: KeyObject): string {
  const publicKey = forge.pki.publicKeyFromPem(publicPem(key));
  return forge.pki.getPublicKeyFingerprint(publicKey, { type: 'RSAPublicKey' }).getBytes();
}

/** A certificate's serial: 40 hex digits, no leading zero digit and a clear top bit, as X.509 wants a positive number. */
export function randomSerial(): string {
  const bytes = randomBytes(20);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x3f) | 0x40, 0);
  return bytes.toString('hex').toUpperCase();
}

/** The public half as `BEGIN PUBLIC KEY`. */
export function publicPem(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'pem' }).toString();
}

export function privatePem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function forgeName(name: DistinguishedName): forge.pki.CertificateField[] {
  return name.map(([shortName, value]) => {
    // X.520 wants a country as PrintableString, forge's default; Chinese names need UTF-8.
    if (shortName === 'C') return { shortName, value };
    return { shortName, value, valueTagClass: UTF8_STRING };
  });
}
