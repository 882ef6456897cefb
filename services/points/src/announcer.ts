import { setTimeout as delay } from 'node:timers/promises';
import type { DeadLetterRecord } from '@payguard/shared/kafka/dead-letter';
import type { Message, Producer } from 'kafkajs';
import type { Announcement } from './announcements.ts';

const MAX_BATCH = 500;
const RETRY_MS = 500;

export type Announcer = (records: (Announcement | DeadLetterRecord)[]) => Promise<void>;

/**
 * Publishes until all in-sync replicas have it. A broker that is away is waited for, since the round's offsets may not
 * be committed before; told to stop, it throws, and the round is delivered again after the next start.
 */
export function createAnnouncer(producer: Pick<Producer, 'sendBatch'>, stopping: AbortSignal): Announcer {
  return async (records) => {
    for (let start = 0; start < records.length; start += MAX_BATCH) {
      await sendUntilAcknowledged(records.slice(start, start + MAX_BATCH));
    }
  };

  async function sendUntilAcknowledged(records: (Announcement | DeadLetterRecord)[]): Promise<void> {
    const byTopic = new Map<string, Message[]>();
    for (const { topic, key, value, headers } of records) {
      byTopic.set(topic, [...(byTopic.get(topic) ?? []), { key, value, headers }]);
    }
    const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
    for (;;) {
      stopping.throwIfAborted();
      try {
        await Promise.race([producer.sendBatch({ acks: -1, topicMessages }), rejectWhen(stopping)]);
        return;
      } catch {
        await delay(RETRY_MS, undefined, { signal: stopping });
      }
    }
  }
}

function rejectWhen(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
