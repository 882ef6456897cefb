import { CONSUMED_TOPICS, DEAD_LETTER_SUFFIX, deadLetterTopic } from '@payguard/shared/events/topics';
import { BadInput } from '../command.ts';

/** Where a dead letter lies: a record of a `.dlq` topic. */
export type DeadLetterId = { topic: string; partition: number; offset: bigint };

export const DEAD_LETTER_TOPICS: readonly string[] = CONSUMED_TOPICS.map(deadLetterTopic);

export function formatId(id: DeadLetterId): string {
  return `${id.topic}/${id.partition}/${id.offset}`;
}

/** Kafka's own ranges: int32 partitions, int64 offsets. */
const MAX_PARTITION = 2 ** 31 - 1;
const MAX_OFFSET = 2n ** 63n - 1n;

/** Reads `payment.confirmed.dlq/3/17`. Throws BadInput. */
export function parseId(text: string): DeadLetterId {
  const [, name = '', partition = '', offset = ''] = /^([^/]+)\/(\d{1,10})\/(\d{1,19})$/.exec(text) ?? [];
  if (name === '' || Number(partition) > MAX_PARTITION || BigInt(offset) > MAX_OFFSET) {
    throw new BadInput(`"${text}" is no dead letter: write topic/partition/offset, as payguard dlq list shows it.`);
  }
  return { topic: parseDeadLetterTopic(name), partition: Number(partition), offset: BigInt(offset) };
}

/** Reads `payment.confirmed` or `payment.confirmed.dlq`; both mean the latter. Throws BadInput. */
export function parseDeadLetterTopic(name: string): string {
  const topic = name.endsWith(DEAD_LETTER_SUFFIX) ? name : deadLetterTopic(name);
  if (DEAD_LETTER_TOPICS.includes(topic)) return topic;
  throw new BadInput(`There are no dead letters of "${name}": the topics are ${CONSUMED_TOPICS.join(', ')}.`);
}

/** The topic that a dead letter was meant for. By name and not by header, so that no record chooses where it goes. */
export function originalTopic(id: DeadLetterId): string {
  return id.topic.slice(0, -DEAD_LETTER_SUFFIX.length);
}
