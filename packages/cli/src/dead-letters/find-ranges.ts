import { onceKnown } from '@payguard/shared/kafka/once-known';
import type { Admin, Kafka } from 'kafkajs';
import { BadInput } from '../command.ts';
import { type DeadLetterId, formatId } from './dead-letter-id.ts';
import type { OffsetRange } from './read-dead-letters.ts';

/** All that the topics hold at this moment; a letter that comes later is not among them. */
export async function findStoredRanges(kafka: Kafka, topics: readonly string[]): Promise<OffsetRange[]> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const existing = new Set(await admin.listTopics());
    const ranges: OffsetRange[] = [];
    for (const topic of topics) {
      if (!existing.has(topic)) throw new Error(`Kafka has no topic ${topic}: run payguard topics.`);
      ranges.push(...(await fetchRanges(admin, topic)));
    }
    return ranges.filter((range) => range.from < range.to);
  } finally {
    await admin.disconnect();
  }
}

async function fetchRanges(admin: Admin, topic: string): Promise<OffsetRange[]> {
  const partitions = await onceKnown(() => admin.fetchTopicOffsets(topic));
  return partitions.map(({ partition, low, high }) => ({ topic, partition, from: BigInt(low), to: BigInt(high) }));
}

/** One range for each partition that holds some of the ids. Throws BadInput for an id that Kafka does not hold. */
export async function findRangesOf(kafka: Kafka, ids: readonly DeadLetterId[]): Promise<OffsetRange[]> {
  const stored = await findStoredRanges(kafka, [...new Set(ids.map((id) => id.topic))]);
  for (const id of ids) {
    if (!stored.some((range) => holds(range, id))) throw noSuchLetter(id);
  }
  return stored.flatMap((range) => {
    const offsets = ids.filter((id) => holds(range, id)).map((id) => id.offset);
    const [from, ...others] = offsets.toSorted((a, b) => (a < b ? -1 : 1));
    return from === undefined ? [] : [{ ...range, from, to: (others.at(-1) ?? from) + 1n }];
  });
}

export function noSuchLetter(id: DeadLetterId): BadInput {
  return new BadInput(`There is no dead letter ${formatId(id)}: payguard dlq list --all shows those there are.`);
}

function holds(range: OffsetRange, id: DeadLetterId): boolean {
  const { topic, partition, from, to } = range;
  return topic === id.topic && partition === id.partition && id.offset >= from && id.offset < to;
}
