import { setTimeout as delay } from 'node:timers/promises';
import { untilAborted } from '@payguard/shared/clock/until-aborted';
import type { DeadLetterRecord } from '@payguard/shared/kafka/dead-letter';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { Message, Producer } from 'kafkajs';
import type { Announcement } from './announcements.ts';
import type { PointsMetrics } from './metrics.ts';

/** Small sends let the next round's statements in between: a quarter more credits a second than with 500 (measured). */
const MAX_BATCH = 50;
const RETRY_MS = 500;

/** Kafka did not take it in time. It passes: the round is tried again. */
export class NotPublishedError extends Error {
  override readonly name = 'NotPublishedError';
}

export type OutgoingRecord = Announcement | DeadLetterRecord;

export type Announcer = {
  /**
   * Publishes until all in-sync replicas have it. A broker that is away is waited for, since the round's offsets may not be
   * committed before; told to stop, it throws, and the round is delivered again after the next start.
   */
  publish(records: OutgoingRecord[]): Promise<void>;
  /** The same within `timeoutMs`, or NotPublishedError: for those who hold locks meanwhile. */
  publishWithin(records: OutgoingRecord[], timeoutMs: number): Promise<void>;
};

export function createAnnouncer(
  producer: Pick<Producer, 'sendBatch'>,
  metrics: Pick<PointsMetrics, 'publishFailed'>,
  log: Logger,
  stopping: AbortSignal,
): Announcer {
  async function publish(records: OutgoingRecord[], giveUp: AbortSignal = stopping): Promise<void> {
    for (let start = 0; start < records.length; start += MAX_BATCH) {
      await sendUntilAcknowledged(records.slice(start, start + MAX_BATCH), giveUp);
    }
  }

  async function sendUntilAcknowledged(records: OutgoingRecord[], giveUp: AbortSignal): Promise<void> {
    const topicMessages = groupByTopic(records);
    for (;;) {
      giveUp.throwIfAborted();
      try {
        await untilAborted(producer.sendBatch({ acks: -1, topicMessages }), giveUp);
        return;
      } catch (err) {
        giveUp.throwIfAborted();
        // kafkajs itself tries again what passes, so this is worth a person's look.
        metrics.publishFailed();
        log.error({ err, topics: topicMessages.map((each) => each.topic) }, 'Kafka refused a send, trying again');
        await delay(RETRY_MS, undefined, { signal: giveUp });
      }
    }
  }

  return {
    publish: (records) => publish(records),
    async publishWithin(records, timeoutMs) {
      const timeout = AbortSignal.timeout(timeoutMs);
      try {
        await publish(records, AbortSignal.any([stopping, timeout]));
      } catch (err) {
        if (stopping.aborted) throw err;
        throw new NotPublishedError(`Kafka took no announcement within ${timeoutMs} ms`);
      }
    },
  };
}

function groupByTopic(records: OutgoingRecord[]): { topic: string; messages: Message[] }[] {
  const byTopic = new Map<string, Message[]>();
  for (const { topic, key, value, headers } of records) {
    const messages = byTopic.get(topic) ?? [];
    messages.push({ key, value, headers });
    byTopic.set(topic, messages);
  }
  return [...byTopic].map(([topic, messages]) => ({ topic, messages }));
}
