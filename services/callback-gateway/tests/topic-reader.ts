import { randomUUID } from 'node:crypto';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { vi } from 'vitest';
import { topicEnds } from '../../../packages/shared/tests/kafka/topic-ends.ts';

export type ReadRecord = { topic: string; key: string | null; value: string; headers: Record<string, string> };

export type TopicReader = {
  /** All records of these topics up to now that hold `text` in key or value: what is published is in here. */
  recordsWith(text: string): Promise<ReadRecord[]>;
  close(): Promise<void>;
};

const CATCH_UP_TIMEOUT_MS = 15_000;
const POLL_MS = 20;

/**
 * Reads topics as somebody else than the code under test would: all that is in them, or what is published from `now` on,
 * however much other tests have written.
 */
export async function readTopics(
  brokers: string[],
  topics: string[],
  since: 'beginning' | 'now' = 'beginning',
): Promise<TopicReader> {
  const settings = { KAFKA_BROKERS: brokers, KAFKA_SSL: false };
  const kafka = createKafka('topic-reader', settings, createLogger('topic-reader', 'silent'));
  const consumer = kafka.consumer({ groupId: `reader-${randomUUID()}`, maxWaitTimeInMs: 100 });
  const admin = kafka.admin();
  const records: ReadRecord[] = [];
  const next = new Map<string, bigint>();
  await Promise.all([consumer.connect(), admin.connect()]);
  const begin = since === 'now' ? await topicEnds(admin, topics) : [];
  await consumer.subscribe({ topics, fromBeginning: true });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({
    autoCommit: false,
    eachMessage: async ({ topic, partition, message }) => {
      const headers = Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]);
      records.push({
        topic,
        key: message.key === null ? null : message.key.toString('utf8'),
        value: message.value?.toString('utf8') ?? '',
        headers: Object.fromEntries(headers),
      });
      next.set(`${topic}/${partition}`, BigInt(message.offset) + 1n);
    },
  });

  // Before it has joined, kafkajs refuses to seek.
  await joined;
  for (const end of begin) {
    next.set(`${end.topic}/${end.partition}`, BigInt(end.offset));
    consumer.seek(end);
  }

  async function catchUp(): Promise<void> {
    const until = await topicEnds(admin, topics);
    const isBehind = () =>
      until.some(({ topic, partition, offset }) => (next.get(`${topic}/${partition}`) ?? 0n) < BigInt(offset));
    await vi.waitUntil(() => !isBehind(), { timeout: CATCH_UP_TIMEOUT_MS, interval: POLL_MS });
  }

  return {
    async recordsWith(text) {
      await catchUp();
      return records.filter((record) => record.value.includes(text) || record.key?.includes(text) === true);
    },
    async close() {
      await Promise.all([consumer.disconnect(), admin.disconnect()]);
    },
  };
}
