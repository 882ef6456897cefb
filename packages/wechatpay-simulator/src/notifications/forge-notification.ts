import type { KeyObject } from 'node:crypto';
import type { Forgery } from '../faults/plan-attempt.ts';
import { flipLastByte, forgeSignature } from './forge-signature.ts';
import { type NotificationHeaders, signNotification } from './sign-notification.ts';

/** Receivers refuse what is more than 300 s old (page 4013053420); half a minute more bears with their own clocks. */
const STALE_BY_MS = 330_000;

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

/**
 * Signs a notification, and makes it false in exactly the one way asked for (`none`: leaves it true). What is sealed
 * inside (`wrong_…`) must already be false in `body`; signed here like a true one.
 */
export async function forgeNotification(input: ForgeInput): Promise<SignedNotification> {
  const { forgery, privateKey, serial, nowMs } = input;
  const body = forgeBeforeSigning(input.body, forgery);
  const signedAtMs = forgery === 'stale_timestamp' ? nowMs - STALE_BY_MS : nowMs;
  const headers = await signNotification(privateKey, serial, body, signedAtMs);
  switch (forgery) {
    case 'tampered_body':
      return { headers, body: changeCiphertext(body, changeMiddleCharacter) };
    case 'tampered_signature':
    case 'signtest':
    case 'unknown_serial':
      return { headers: forgeSignature(headers, forgery), body };
    default:
      return { headers, body };
  }
}

/** A body changed here verifies, and only its decryption can tell. */
function forgeBeforeSigning(body: string, forgery: Forgery): string {
  switch (forgery) {
    case 'tampered_tag':
      return changeCiphertext(body, flipLastByte);
    case 'tampered_aad':
      return body.replace(/(?<="associated_data":")[^"]*/, (sealed) =>
        sealed === 'refund' ? 'transaction' : 'refund',
      );
    default:
      return body;
  }
}

function changeCiphertext(body: string, change: (ciphertext: string) => string): string {
  return body.replace(/(?<="ciphertext":")[^"]+/, change);
}

function changeMiddleCharacter(base64: string): string {
  const middle = Math.floor(base64.length / 2);
  const replacement = base64.charAt(middle) === 'A' ? 'B' : 'A';
  return base64.slice(0, middle) + replacement + base64.slice(middle + 1);
}
