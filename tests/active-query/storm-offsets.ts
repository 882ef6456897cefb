import { setTimeout as delay } from 'node:timers/promises';
import { ORDER_TOPICS } from '@payguard/points/order-event';
import type { Kafka } from 'kafkajs';
import { topicEnds } from '../../packages/shared/tests/kafka/topic-ends.ts';

const LOOK_MS = 50;
const CAUGHT_UP_TIMEOUT_MS = 30_000;

/** Resolves when the group has done all that the topics hold now. */
export async function waitForOffsets(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  const topics = Object.keys(ORDER_TOPICS);
  await admin.connect();
  try {
    const deadline = performance.now() + CAUGHT_UP_TIMEOUT_MS;
    const ends = new Map((await topicEnds(admin, topics)).map((end) => [`${end.topic}/${end.partition}`, end.offset]));
    const isBehind = async (): Promise<boolean> => {
      const groups = await admin.fetchOffsets({ groupId, topics });
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
