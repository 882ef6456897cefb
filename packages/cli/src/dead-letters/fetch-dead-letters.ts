import type { Kafka } from 'kafkajs';
import { type DeadLetterId, formatId } from './dead-letter-id.ts';
import type { DeadLetterRecord } from './dead-letter-record.ts';
import { findRangesOf, noSuchLetter } from './find-ranges.ts';
import { readDeadLetters } from './read-dead-letters.ts';

/** The letters with these ids, in this order, each once. Throws BadInput when one of them is not there. */
export async function fetchDeadLetters(kafka: Kafka, ids: readonly DeadLetterId[]): Promise<DeadLetterRecord[]> {
  const wanted = new Map(ids.map((id) => [formatId(id), id]));
  const found = new Map<string, DeadLetterRecord>();
  await readDeadLetters(kafka, await findRangesOf(kafka, ids), async (records) => {
    for (const record of records) {
      if (wanted.has(formatId(record))) found.set(formatId(record), record);
    }
  });
  return [...wanted].map(([text, id]) => {
    const record = found.get(text);
    if (record === undefined) throw noSuchLetter(id);
    return record;
  });
}
