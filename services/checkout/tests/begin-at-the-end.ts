import { onceKnown } from '@payguard/shared/kafka/once-known';
import type { Kafka } from 'kafkajs';

const MONEY_TOPICS = ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.decision'];

/**
 * The topics hold what others wrote; this world's points needs none of it. Not by the admin's setOffsets, which takes 5 s a
 * topic.
 */
export async function beginAtTheEnd(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await Promise.all(
    MONEY_TOPICS.map(async (topic) => {
      const offsets = await onceKnown(() => admin.fetchTopicOffsets(topic));
      return offsets.map(({ partition, high }) => ({ topic, partition, offset: high }));
    }),
  );
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await consumer.connect();
  await consumer.subscribe({ topics: MONEY_TOPICS });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.run({ autoCommit: false, eachBatch: async () => undefined });
  await joined;
  await consumer.commitOffsets(ends.flat());
  await consumer.disconnect();
}
