import type { Forgery } from '../faults/plan-attempt.ts';
import type { Merchant } from '../merchants/merchant.ts';
import { notificationSigningKey } from '../merchants/merchant.ts';
import { newRequestId } from '../request-id.ts';
import { deriveBytes, toAlphanumeric } from '../seeded-bytes.ts';
import { buildNotification } from './build-notification.ts';
import { buildV2RefundNotification } from './build-v2-refund-notification.ts';
import { falsifyNotice } from './falsify-notice.ts';
import { forgeNotification, type SignedNotification } from './forge-notification.ts';
import { contentOf, type Notice, orderOf, seedPartsOf } from './notice.ts';
import type { Notification } from './notification.ts';

export interface NotificationToWrite {
  readonly notice: Notice;
  readonly merchant: Merchant;
  readonly notification: Pick<Notification, 'id' | 'createdAtMs'>;
}

/** The old API signs within its body; its calls carry no Wechatpay-* headers. */
const V2_HEADERS = { 'Content-Type': 'text/xml', Accept: '*/*', 'User-Agent': 'Mozilla/4.0', Pragma: 'no-cache' };

/**
 * One send of a notification, signed at `nowMs` (ms UTC) and false in the one way asked for. The body is the same at each
 * send of one forgery. It is written anew instead of kept: a kilobyte less for each waiting notification.
 */
export async function writeNotification(
  seed: string,
  written: NotificationToWrite,
  forgery: Forgery,
  nowMs: number,
): Promise<SignedNotification> {
  const { notice, merchant } = written;
  if (notice.kind === 'refund_v2') return { headers: v2Headers(), body: writeV2Body(seed, notice, merchant.mchid) };
  const key = notificationSigningKey(merchant, orderOf(notice).terms.outTradeNo, seed);
  return forgeNotification({ forgery, ...key, body: writeBody(seed, written, forgery), nowMs });
}

function v2Headers(): Record<string, string> {
  return { ...V2_HEADERS, 'Request-ID': newRequestId() };
}

function writeV2Body(seed: string, notice: Extract<Notice, { kind: 'refund' | 'refund_v2' }>, mchid: string): string {
  return buildV2RefundNotification(notice.refund, notice.status, {
    apiV2Key: toAlphanumeric(deriveBytes(seed, 'v2-key', mchid), 32),
    nonce: toAlphanumeric(deriveBytes(seed, 'nonce', ...seedPartsOf(notice)), 32),
  });
}

function writeBody(seed: string, { notice, merchant, notification }: NotificationToWrite, forgery: Forgery): string {
  const falsified = falsifyNotice(notice, forgery);
  // Two texts sealed by one key never share a nonce (NIST SP 800-38D, 8).
  const nonceParts = falsified === notice ? seedPartsOf(notice) : [...seedPartsOf(notice), forgery];
  return buildNotification(contentOf(falsified), {
    apiV3Key: forgery === 'wrong_key' ? foreignApiV3Key(seed, merchant.mchid) : merchant.keys.apiV3Key,
    id: notification.id,
    createdAtMs: notification.createdAtMs,
    resourceNonce: toAlphanumeric(deriveBytes(seed, 'nonce', ...nonceParts), 12),
  });
}

function foreignApiV3Key(seed: string, mchid: string): string {
  return toAlphanumeric(deriveBytes(seed, 'foreign-api-v3-key', mchid), 32);
}
