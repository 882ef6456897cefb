import { randomBytes } from 'node:crypto';
import { toBeijingTime } from '../beijing-time.ts';
import type { Transaction } from '../orders/transaction.ts';
import { toAlphanumeric } from '../seeded-bytes.ts';
import { encryptResource } from './encrypt-resource.ts';
import type { NoticeContent } from './notice.ts';

export interface NotificationEnvelope {
  readonly apiV3Key: string;
  /** At most 36 characters. */
  readonly id: string;
  /** ms UTC. */
  readonly createdAtMs: number;
  /** 12 characters; random when left out. */
  readonly resourceNonce?: string;
}

/** The JSON body of a TRANSACTION.SUCCESS notification (page 4012791861). */
export function buildTransactionNotification(transaction: Transaction, envelope: NotificationEnvelope): string {
  const content: NoticeContent = {
    eventType: 'TRANSACTION.SUCCESS',
    originalType: 'transaction',
    summary: '支付成功',
    resource: transaction,
  };
  return buildNotification(content, envelope);
}

/** The JSON body of an APIv3 notification, its resource sealed with AAD `transaction` or `refund` (facts §1.1). */
export function buildNotification(content: NoticeContent, envelope: NotificationEnvelope): string {
  const nonce = envelope.resourceNonce ?? toAlphanumeric(randomBytes(12), 12);
  const associatedData = content.originalType;
  return JSON.stringify({
    id: envelope.id,
    create_time: toBeijingTime(envelope.createdAtMs),
    resource_type: 'encrypt-resource',
    event_type: content.eventType,
    summary: content.summary,
    resource: {
      original_type: content.originalType,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: encryptResource(envelope.apiV3Key, JSON.stringify(content.resource), associatedData, nonce),
      associated_data: associatedData,
      nonce,
    },
  });
}
