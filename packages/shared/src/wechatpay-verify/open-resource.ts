import type { KeyObject } from 'node:crypto';
import { createDecipheriv } from 'node:crypto';

const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/**
 * Opens an AEAD_AES_256_GCM resource: base64 of ciphertext and 16-byte tag (page 4012071382). Answers undefined when
 * the key, the nonce, the associated data or any byte is not what was sealed: the tag is always checked.
 */
export function openResource(
  apiV3Key: KeyObject,
  resource: { ciphertext: string; nonce: string; associatedData: string },
): Buffer | undefined {
  const sealed = Buffer.from(resource.ciphertext, 'base64');
  const nonce = Buffer.from(resource.nonce, 'utf8');
  if (sealed.length < TAG_BYTES || nonce.length !== NONCE_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(resource.associatedData, 'utf8'));
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  const opened = decipher.update(sealed.subarray(0, sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([opened, decipher.final()]);
  } catch {
    return undefined;
  }
}
