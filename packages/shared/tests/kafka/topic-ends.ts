import { onceKnown } from '@payguard/shared/kafka/once-known';
import type { Admin, Kafka } from 'kafkajs';

/** The offsets of the next record of each partition, however new the topics are. */
export async function topicEnds(
  admin: Admin,
  topics: readonly string[],
): Promise<{ topic: string; partition: number; offset: string }[]> {
  const endsOf = async (topic: string) => {
    const offsets = await onceKnown(() => admin.fetchTopicOffsets(topic));
    return offsets.map(({ partition, high }) => ({ topic, partition, offset: high }));
  };
  return (await Promise.all(topics.map(endsOf))).flat();
}

/**
 * Lets a consumer group that is not there yet begin with what is published from now on: the topics hold what other tests
 * wrote. By a member of the group, since kafkajs' admin takes 5 s for each topic.
 */
export async function beginAtTheEnd(kafka: Kafka, groupId: string, topics: readonly string[]): Promise<void> {
  const admin = kafka.admin();
  // One that is killed with its test is not waited for by the next member.
  const member = kafka.consumer({ groupId, maxWaitTimeInMs: 100, sessionTimeout: 6_000 });
  await Promise.all([admin.connect(), member.connect()]);
  const ends = await topicEnds(admin, topics);
  const joined = new Promise((resolve) => member.on(member.events.GROUP_JOIN, resolve));
  await member.subscribe({ topics: [...topics] });
  await member.run({ autoCommit: false, eachBatch: async () => undefined });
  await joined;
  await member.commitOffsets(ends);
  await Promise.all([admin.disconnect(), member.disconnect()]);
}
