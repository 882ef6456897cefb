import type { KeyObject } from 'node:crypto';
import { newRequestId } from '../request-id.ts';
import { type SignatureHeaders, signMessage } from './sign-message.ts';

/** The headers of a notification, as a capture of a real one from February 2025 shows them. */
export interface NotificationHeaders extends SignatureHeaders {
  readonly 'Content-Type': 'application/json';
  readonly Accept: '*/*';
  readonly 'User-Agent': 'Mozilla/4.0';
  readonly Pragma: 'no-cache';
  readonly 'Request-ID': string;
}

/** All headers of one send of `body`; timestamp (`nowMs`, ms UTC), nonce and signature are fresh on each call. */
export async function signNotification(
  privateKey: KeyObject,
  serial: string,
  body: string,
  nowMs: number,
): Promise<NotificationHeaders> {
  return {
    'Content-Type': 'application/json',
    Accept: '*/*',
    'User-Agent': 'Mozilla/4.0',
    Pragma: 'no-cache',
    'Request-ID': newRequestId(),
    ...(await signMessage(privateKey, serial, body, nowMs)),
  };
}
