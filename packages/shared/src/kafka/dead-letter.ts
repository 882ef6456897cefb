import type { IHeaders } from 'kafkajs';
import { deadLetterTopic } from '../events/topics.ts';
import type { ConsumedRecord } from './batch-consumer.ts';

/** Headers that a dead letter has on top of its own: where it comes from and why it is here. */
export const DEAD_LETTER_HEADERS = {
  topic: 'dlq_topic',
  partition: 'dlq_partition',
  offset: 'dlq_offset',
  consumer: 'dlq_consumer',
  reason: 'dlq_reason',
  at: 'dlq_at',
  attempts: 'dlq_attempts',
} as const;

/** With its headers a record of this size still fits the broker's limit of 1 MiB; the origin holds it whole for 30 days. */
const MAX_VALUE_BYTES = 900 * 1024;
/** A reason is for reading; longer ones are cut. */
const MAX_REASON_CHARS = 500;

export type DeadLetterRecord = { topic: string; key: Buffer | null; value: Buffer | null; headers: IHeaders };

/** The record as it came, byte for byte (cut at 900 KiB, or it could not be sent), with its provenance. `at`: ms UTC; `attempts`: how often it was tried here. */
export function toDeadLetter(
  record: ConsumedRecord,
  why: { consumer: string; reason: string; at: number; attempts: number },
): DeadLetterRecord {
  const { message } = record;
  return {
    topic: deadLetterTopic(record.topic),
    key: message.key,
    value: cutToFit(message.value),
    headers: {
      ...writableHeaders(message.headers),
      [DEAD_LETTER_HEADERS.topic]: record.topic,
      [DEAD_LETTER_HEADERS.partition]: String(record.partition),
      [DEAD_LETTER_HEADERS.offset]: message.offset,
      [DEAD_LETTER_HEADERS.consumer]: why.consumer,
      [DEAD_LETTER_HEADERS.reason]: why.reason.slice(0, MAX_REASON_CHARS),
      [DEAD_LETTER_HEADERS.at]: new Date(why.at).toISOString(),
      [DEAD_LETTER_HEADERS.attempts]: String(why.attempts),
    },
  };
}

/** kafkajs reads a header without a value and cannot write one: the letter must not be lost for that. */
function writableHeaders(headers: IHeaders | undefined): IHeaders {
  const empty = Buffer.alloc(0);
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.map((each) => each ?? empty) : (value ?? empty),
    ]),
  );
}

function cutToFit(value: Buffer | null): Buffer | null {
  return value === null || value.length <= MAX_VALUE_BYTES ? value : value.subarray(0, MAX_VALUE_BYTES);
}
