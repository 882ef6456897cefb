import { createCipheriv } from 'node:crypto';

/**
 * AEAD_AES_256_GCM as WeChat Pay seals a resource: base64 of the ciphertext followed by the 16-byte tag (page
 * 4012071382). The key is the 32 characters of the APIv3 key; `nonce` is 12 characters in WeChat Pay's own messages.
 */
export function encryptResource(apiV3Key: string, plaintext: string, associatedData: string, nonce: string): string {
  const cipher = createCipheriv('aes-256-gcm', Buffer.from(apiV3Key, 'utf8'), Buffer.from(nonce, 'utf8'));
  cipher.setAAD(Buffer.from(associatedData, 'utf8'));
  return Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64');
}
