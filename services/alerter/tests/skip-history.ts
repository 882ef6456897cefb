import type { Kafka } from 'kafkajs';
import { ALERTER_TOPICS } from '../src/decode-record.ts';

/** Lets a consumer group begin with what is published from now on: what other tests and runs did would be told, too. */
export async function skipHistory(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  const ends = await Promise.all(
    ALERTER_TOPICS.map(async (topic) =>
      (await admin.fetchTopicOffsets(topic)).map(({ partition, high }) => ({ topic, partition, offset: high })),
    ),
  );
  await admin.disconnect();
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6_000 });
  const joined = new Promise((resolve) => consumer.on(consumer.events.GROUP_JOIN, resolve));
  await consumer.connect();
  await consumer.subscribe({ topics: [...ALERTER_TOPICS] });
  await consumer.run({ autoCommit: false, eachBatchAutoResolve: false, eachBatch: async () => undefined });
  await joined;
  await consumer.commitOffsets(ends.flat());
  await consumer.disconnect();
}
