import type { KeyObject } from 'node:crypto';
import { verify } from 'node:crypto';

/** What WeChat Pay signs, in notifications and in API answers alike. */
export type SignedMessage = { timestamp: string; nonce: string; body: Buffer; signature: string };

/** Older or newer than this is refused, against replays (page 4013053420). Seconds. */
export const TIMESTAMP_WINDOW_S = 300;

/** `Wechatpay-Signature` of a probe that asks whether we verify at all (page 4013053420). */
export const SIGNATURE_TEST_PREFIX = 'WECHATPAY/SIGNTEST/';

/**
 * SHA256withRSA (PKCS#1 v1.5) over `timestamp\nnonce\nbody\n`, the body as its bytes arrived (page 4013053420).
 * A malformed signature is simply not valid.
 */
export function isSignatureValid(message: SignedMessage, key: KeyObject): boolean {
  const signature = Buffer.from(message.signature, 'base64');
  // Node reads base64 leniently: without this, other spellings of a good signature would be good signatures too.
  if (signature.toString('base64') !== message.signature) return false;
  const head = Buffer.from(`${message.timestamp}\n${message.nonce}\n`, 'utf8');
  const signed = Buffer.concat([head, message.body, NEWLINE]);
  return verify('RSA-SHA256', signed, key, signature);
}

const NEWLINE = Buffer.from('\n');

/** True when a `Wechatpay-Timestamp` (seconds, decimal) lies within the window around `now` (ms UTC). */
export function isTimestampFresh(timestamp: string, now: number): boolean {
  if (!/^\d{1,12}$/.test(timestamp)) return false;
  return Math.abs(now / 1000 - Number(timestamp)) <= TIMESTAMP_WINDOW_S;
}
