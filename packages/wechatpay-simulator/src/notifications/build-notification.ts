import { randomBytes } from 'node:crypto';
import { toBeijingTime } from '../beijing-time.ts';
import type { Transaction } from '../orders/transaction.ts';
import { toAlphanumeric } from '../seeded-bytes.ts';
import { encryptResource } from './encrypt-resource.ts';

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
  const nonce = envelope.resourceNonce ?? toAlphanumeric(randomBytes(12), 12);
  return JSON.stringify({
    id: envelope.id,
    create_time: toBeijingTime(envelope.createdAtMs),
    resource_type: 'encrypt-resource',
    event_type: 'TRANSACTION.SUCCESS',
    summary: '支付成功',
    resource: {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: encryptResource(envelope.apiV3Key, JSON.stringify(transaction), 'transaction', nonce),
      associated_data: 'transaction',
      nonce,
    },
  });
}
