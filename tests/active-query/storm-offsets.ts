import { setTimeout as delay } from 'node:timers/promises';
import { onceKnown } from '@payguard/shared/kafka/once-known';
import type { Kafka } from 'kafkajs';

const LOOK_MS = 50;
const CAUGHT_UP_TIMEOUT_MS = 30_000;
const ORDER_TOPICS = ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.decision'];

/**
 * The topics hold what other test files wrote; this world's services need none of it. By a member of the group, since
 * kafkajs' admin takes 5 s for each topic.
 */
export async function beginAtTheEnd(kafka: Kafka, groupId: string, topics = ORDER_TOPICS): Promise<void> {
  const admin = kafka.admin();
  const member = kafka.consumer({ groupId, maxWaitTimeInMs: 100 });
  await Promise.all([admin.connect(), member.connect()]);
  const ends = await Promise.all(
    topics.map(async (topic) => {
      const offsets = await onceKnown(() => admin.fetchTopicOffsets(topic));
      return offsets.map(({ partition, high }) => ({ topic, partition, offset: high }));
    }),
  );
  const joined = once((onJoin) => member.on(member.events.GROUP_JOIN, onJoin));
  await member.subscribe({ topics, fromBeginning: true });
  await member.run({ autoCommit: false, eachMessage: async () => undefined });
  await joined;
  await member.commitOffsets(ends.flat());
  await Promise.all([admin.disconnect(), member.disconnect()]);
}

function once(listen: (onEvent: () => void) => unknown): Promise<void> {
  return new Promise((resolve) => listen(() => resolve()));
}

/** Resolves when the group has done all that the topics hold now. */
export async function waitForOffsets(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const deadline = performance.now() + CAUGHT_UP_TIMEOUT_MS;
    const ends = new Map<string, string>();
    for (const topic of ORDER_TOPICS) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends.set(`${topic}/${partition}`, high);
    }
    const isBehind = async (): Promise<boolean> => {
      const groups = await admin.fetchOffsets({ groupId, topics: ORDER_TOPICS });
      return groups.some(({ topic, partitions }) =>
        partitions.some(({ partition, offset }) => BigInt(offset) < BigInt(ends.get(`${topic}/${partition}`) ?? '0')),
      );
    };
    while (await isBehind()) {
      if (performance.now() > deadline) throw new Error(`points is behind after ${CAUGHT_UP_TIMEOUT_MS} ms`);
      await delay(LOOK_MS);
    }
  } finally {
    await admin.disconnect();
  }
}
