import type { Clock } from '@payguard/shared/clock/clock';
import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import { type DeadLetterId, formatId } from './dead-letter-id.ts';

export type Outcome = 'replayed' | 'discarded';
/** What a person did with a dead letter, and why. */
export type Handling = { outcome: string; by: string; reason: string; at: Date };

/**
 * What was done with each of the letters that a person has handled, by formatted id. Asks once for each partition, for
 * the span from its first to its last letter: call it with letters that lie close together.
 */
export async function findHandled(
  prisma: PrismaClient,
  ids: readonly DeadLetterId[],
): Promise<Map<string, Handling>> {
  const handled = new Map<string, Handling>();
  const partitions = Map.groupBy(ids, (id) => `${id.topic}/${id.partition}`);
  for (const [first, ...others] of partitions.values()) {
    if (first === undefined) continue;
    const rows = await prisma.deadLetter.findMany({
      where: {
        kafkaTopic: first.topic,
        kafkaPartition: first.partition,
        kafkaOffset: { in: [first, ...others].map((id) => id.offset) },
      },
    });
    for (const row of rows) {
      const id = { topic: row.kafkaTopic, partition: row.kafkaPartition, offset: row.kafkaOffset };
      const { outcome, handledBy, reason, handledAt } = row;
      handled.set(formatId(id), { outcome, by: handledBy, reason, at: handledAt });
    }
  }
  return handled;
}

/** Records what a person did, in place of what the letter was recorded with before. */
export async function recordHandled(
  prisma: PrismaClient,
  id: DeadLetterId,
  handling: { outcome: Outcome; by: string; reason: string },
  clock: Clock,
): Promise<void> {
  const record = { kafkaTopic: id.topic, kafkaPartition: id.partition, kafkaOffset: id.offset };
  const { outcome, by: handledBy, reason } = handling;
  const done = { outcome, handledBy, reason, handledAt: new Date(clock.now()) };
  await prisma.deadLetter.upsert({
    where: { kafkaTopic_kafkaPartition_kafkaOffset: record },
    create: { ...record, ...done },
    update: done,
  });
}
