import type { Kafka, Message, Producer } from 'kafkajs';
import { Partitioners } from 'kafkajs';
import { type DeadLetterId, formatId, originalTopic } from './dead-letter-id.ts';
import { type DeadLetterRecord, restoreOriginal } from './dead-letter-record.ts';
import { fetchDeadLetters } from './fetch-dead-letters.ts';
import { findStoredRanges } from './find-ranges.ts';
import { findHandled, recordHandled } from './handled-letters.ts';
import type { DeadLetterAccess } from './open-access.ts';
import { readDeadLetters } from './read-dead-letters.ts';
import { refuseHandled } from './refuse-handled.ts';

export type ReplayOrder = {
  /** The person who decides it, and why. */
  by: string;
  reason: string;
  /** Publishes nothing and records nothing. */
  dryRun: boolean;
  /** Told of each letter once it is published and recorded (or would be). */
  onReplayed(id: DeadLetterId): void;
};

/** One request; a single record may be larger. Brokers take 1 MB by default. */
const MAX_BYTES_A_SEND = 256 * 1024;
const PRODUCER_RETRIES = 5;
/** How long the leader may wait for its in-sync replicas. */
const ACKS_TIMEOUT_MS = 5_000;

/**
 * Publishes the letters' original bytes to their original topics, acknowledged by all in-sync replicas, and then records
 * them as replayed. Killed in between, a letter is published again next time, which consumers take for a no-op.
 * All or none: throws BadInput before anything is done when one is not there, or is handled and `again` is not set.
 */
export async function replayLetters(
  access: DeadLetterAccess,
  ids: readonly DeadLetterId[],
  order: ReplayOrder & { again: boolean },
): Promise<void> {
  const letters = await fetchDeadLetters(access.kafka, ids);
  if (!order.again) await refuseHandled(access.prisma, ids, 'give --again to replay it all the same');
  await withProducer(access.kafka, (producer) => replay(access, producer, letters, order));
}

/** The same for all letters of a `.dlq` topic that nobody has handled, as they are at this moment. */
export async function replayUnhandled(access: DeadLetterAccess, topic: string, order: ReplayOrder): Promise<void> {
  const ranges = await findStoredRanges(access.kafka, [topic]);
  await withProducer(access.kafka, (producer) =>
    readDeadLetters(access.kafka, ranges, async (records) => {
      const handled = await findHandled(access.prisma, records);
      const unhandled = records.filter((record) => !handled.has(formatId(record)));
      await replay(access, producer, unhandled, { ...order, again: false });
    }),
  );
}

async function replay(
  access: DeadLetterAccess,
  producer: Producer,
  letters: readonly DeadLetterRecord[],
  order: ReplayOrder & { again: boolean },
): Promise<void> {
  for (const portion of portions(letters)) {
    if (!order.dryRun) {
      await publish(producer, portion);
      const { by, reason, again: replace } = order;
      for (const letter of portion) {
        const at = new Date(access.clock.now());
        await recordHandled(access.prisma, letter, { outcome: 'replayed', by, reason, at, replace });
      }
    }
    for (const letter of portion) order.onReplayed(letter);
  }
}

async function publish(producer: Producer, letters: readonly DeadLetterRecord[]): Promise<void> {
  const byTopic = new Map<string, Message[]>();
  for (const letter of letters) {
    const topic = originalTopic(letter);
    byTopic.set(topic, [...(byTopic.get(topic) ?? []), restoreOriginal(letter)]);
  }
  const topicMessages = [...byTopic].map(([topic, messages]) => ({ topic, messages }));
  await producer.sendBatch({ acks: -1, timeout: ACKS_TIMEOUT_MS, topicMessages });
}

/** Parts that a broker takes in one request. */
function* portions(letters: readonly DeadLetterRecord[]): Generator<DeadLetterRecord[]> {
  let portion: DeadLetterRecord[] = [];
  let bytes = 0;
  for (const letter of letters) {
    const size = letter.message.value?.length ?? 0;
    if (portion.length > 0 && bytes + size > MAX_BYTES_A_SEND) {
      yield portion;
      portion = [];
      bytes = 0;
    }
    portion.push(letter);
    bytes += size;
  }
  if (portion.length > 0) yield portion;
}

async function withProducer(kafka: Kafka, work: (producer: Producer) => Promise<void>): Promise<void> {
  const producer = kafka.producer({
    createPartitioner: Partitioners.DefaultPartitioner,
    allowAutoTopicCreation: false,
    retry: { retries: PRODUCER_RETRIES },
  });
  await producer.connect();
  try {
    await work(producer);
  } finally {
    await producer.disconnect();
  }
}
