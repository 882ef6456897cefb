import { formatId } from './dead-letter-id.ts';
import { type DeadLetterRecord, readProvenance } from './dead-letter-record.ts';
import { findStoredRanges } from './find-ranges.ts';
import { findHandled, type Handling } from './handled-letters.ts';
import type { DeadLetterAccess } from './open-access.ts';
import { readDeadLetters } from './read-dead-letters.ts';

export type DeadLetterSummary = {
  id: string;
  /** When it died, ISO 8601 in UTC. */
  at: string;
  consumer: string | null;
  attempts: string | null;
  reason: string | null;
  /** `mchid:out_trade_no`, or null where the event had none. */
  key: string | null;
  handled: Handling | null;
};

/** The oldest of the letters asked for, and how many there are in all. */
export type DeadLetterList = { letters: DeadLetterSummary[]; total: number };

/** Reads all letters of the topics, but holds no more than twice `limit` of them. */
export async function listDeadLetters(
  { kafka, prisma }: Pick<DeadLetterAccess, 'kafka' | 'prisma'>,
  options: { topics: readonly string[]; includeHandled: boolean; limit: number },
): Promise<DeadLetterList> {
  const { topics, includeHandled, limit } = options;
  let letters: DeadLetterSummary[] = [];
  let total = 0;
  await readDeadLetters(kafka, await findStoredRanges(kafka, topics), async (records) => {
    const handled = await findHandled(prisma, records);
    for (const record of records) {
      const handling = handled.get(formatId(record)) ?? null;
      if (handling !== null && !includeHandled) continue;
      total += 1;
      letters.push(summarize(record, handling));
      if (letters.length >= 2 * limit) letters = oldest(letters, limit);
    }
  });
  return { letters: oldest(letters, limit), total };
}

function oldest(letters: readonly DeadLetterSummary[], limit: number): DeadLetterSummary[] {
  return letters.toSorted((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0)).slice(0, limit);
}

function summarize(record: DeadLetterRecord, handled: Handling | null): DeadLetterSummary {
  const { at, consumer, attempts, reason } = readProvenance(record);
  return {
    id: formatId(record),
    at: at ?? new Date(Number(record.message.timestamp)).toISOString(),
    consumer,
    attempts,
    reason,
    key: record.message.key?.toString() ?? null,
    handled,
  };
}
