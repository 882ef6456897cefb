import { createDecipheriv, X509Certificate } from 'node:crypto';

/** One entry of `data` in an answer of GET /v3/certificates. */
export interface SealedCertificate {
  readonly serial_no: string;
  readonly effective_time: string;
  readonly expire_time: string;
  readonly encrypt_certificate: {
    readonly algorithm: string;
    readonly nonce: string;
    readonly associated_data: string;
    readonly ciphertext: string;
  };
}

/** The PEM inside, as an SDK takes it out. Throws when key, nonce, associated data or tag do not fit. */
export function openCertificatePem({ encrypt_certificate: box }: SealedCertificate, apiV3Key: string): string {
  const sealed = Buffer.from(box.ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, box.nonce);
  decipher.setAAD(Buffer.from(box.associated_data));
  decipher.setAuthTag(sealed.subarray(-16));
  return Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]).toString('utf8');
}

export function openCertificate(sealed: SealedCertificate, apiV3Key: string): X509Certificate {
  return new X509Certificate(openCertificatePem(sealed, apiV3Key));
}
