import type { KeyObject } from 'node:crypto';
import type { Forgery } from '../faults/plan-attempt.ts';
import { type NotificationHeaders, signNotification } from './sign-notification.ts';

/** With this WeChat Pay begins the false signatures by which it tests receivers (page 4013053420). */
export const SIGNTEST_PREFIX = 'WECHATPAY/SIGNTEST/';

export interface ForgeInput {
  readonly forgery: Forgery;
  readonly privateKey: KeyObject;
  readonly serial: string;
  readonly body: string;
  readonly nowMs: number;
}

export interface SignedNotification {
  readonly headers: NotificationHeaders | Readonly<Record<string, string>>;
  readonly body: string;
}

/** Signs a notification, and makes it false in exactly the one way asked for (`none`: leaves it true). */
export async function forgeNotification(input: ForgeInput): Promise<SignedNotification> {
  const { forgery, privateKey, serial, nowMs } = input;
  // The tag is broken before signing: such a notification verifies, and only its decryption can tell.
  const body = forgery === 'tampered_tag' ? changeCiphertext(input.body, flipLastByte) : input.body;
  const headers = await signNotification(privateKey, serial, body, nowMs);
  switch (forgery) {
    case 'none':
    case 'tampered_tag':
      return { headers, body };
    case 'tampered_body':
      return { headers, body: changeCiphertext(body, changeMiddleCharacter) };
    case 'tampered_signature':
      return { headers: withSignature(headers, flipLastByte(headers['Wechatpay-Signature'])), body };
    case 'signtest': {
      const rest = headers['Wechatpay-Signature'].slice(SIGNTEST_PREFIX.length);
      return { headers: withSignature(headers, SIGNTEST_PREFIX + rest), body };
    }
  }
}

function changeCiphertext(body: string, change: (ciphertext: string) => string): string {
  return body.replace(/(?<="ciphertext":")[^"]+/, change);
}

function flipLastByte(base64: string): string {
  const bytes = Buffer.from(base64, 'base64');
  const last = bytes.length - 1;
  bytes.writeUInt8(bytes.readUInt8(last) ^ 0x01, last);
  return bytes.toString('base64');
}

function changeMiddleCharacter(base64: string): string {
  const middle = Math.floor(base64.length / 2);
  const replacement = base64.charAt(middle) === 'A' ? 'B' : 'A';
  return base64.slice(0, middle) + replacement + base64.slice(middle + 1);
}

function withSignature(headers: NotificationHeaders, signature: string): NotificationHeaders {
  return { ...headers, 'Wechatpay-Signature': signature };
}
