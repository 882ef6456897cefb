import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import { type DeadLetterId, formatId } from './dead-letter-id.ts';

export type Outcome = 'replayed' | 'discarded';
/** What a person did with a dead letter, and why. */
export type Handling = { outcome: string; by: string; reason: string; at: Date };

/** "Duplicate entry", in MySQL and MariaDB. */
const DUPLICATE = 1062;

/** What was done with those of the letters that a person has handled, by formatted id. */
export async function findHandled(prisma: PrismaClient, ids: readonly DeadLetterId[]): Promise<Map<string, Handling>> {
  const handled = new Map<string, Handling>();
  for (const [first, ...others] of Map.groupBy(ids, (id) => `${id.topic}/${id.partition}`).values()) {
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

/**
 * Records what a person did. What was recorded before stays (two people at the same moment: the first counts), unless
 * it is to be replaced.
 */
export async function recordHandled(
  prisma: PrismaClient,
  id: DeadLetterId,
  handling: Handling & { outcome: Outcome; replace: boolean },
): Promise<void> {
  const record = { kafkaTopic: id.topic, kafkaPartition: id.partition, kafkaOffset: id.offset };
  const { outcome, by: handledBy, reason, at: handledAt } = handling;
  const done = { outcome, handledBy, reason, handledAt };
  if (handling.replace) {
    const where = { kafkaTopic_kafkaPartition_kafkaOffset: record };
    await prisma.deadLetter.upsert({ where, create: { ...record, ...done }, update: done });
    return;
  }
  try {
    await prisma.deadLetter.create({ data: { ...record, ...done } });
  } catch (error) {
    if (databaseErrorNumber(error) !== DUPLICATE) throw error;
  }
}
