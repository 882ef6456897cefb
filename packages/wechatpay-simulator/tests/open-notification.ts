import { createDecipheriv, verify } from 'node:crypto';
import type { MerchantDescription } from '../src/control/describe-merchant.ts';
import type { Received } from './receiver.ts';

/** Whether a notification's signature is right under the merchant's key that its serial names. */
export function isSignatureRight(received: Received, merchant: MerchantDescription): boolean {
  const header = (name: string) => String(received.headers[name] ?? '');
  const message = `${header('wechatpay-timestamp')}\n${header('wechatpay-nonce')}\n${received.body}\n`;
  const signature = Buffer.from(header('wechatpay-signature'), 'base64');
  return verify('sha256', Buffer.from(message), verificationKey(header('wechatpay-serial'), merchant), signature);
}

function verificationKey(serial: string, merchant: MerchantDescription): string {
  if (serial === merchant.platform.serial) return merchant.platform.publicKeyPem;
  if (serial === merchant.publicKey.id) return merchant.publicKey.publicKeyPem;
  throw new Error(`unknown serial ${serial}`);
}

/** The decrypted resource of a notification body. Throws when the tag is wrong. */
export function openResource(body: string, apiV3Key: string): Record<string, unknown> {
  const { resource } = JSON.parse(body);
  const sealed = Buffer.from(resource.ciphertext, 'base64');
  const decipher = createDecipheriv('aes-256-gcm', apiV3Key, resource.nonce);
  decipher.setAAD(Buffer.from(resource.associated_data));
  decipher.setAuthTag(sealed.subarray(-16));
  const plaintext = Buffer.concat([decipher.update(sealed.subarray(0, -16)), decipher.final()]);
  return JSON.parse(plaintext.toString('utf8'));
}

export function isOpenable(received: Received, merchant: MerchantDescription): boolean {
  try {
    openResource(received.body, merchant.apiV3Key);
    return true;
  } catch {
    return false;
  }
}
