import { DEAD_LETTER_HEADERS } from '@payguard/shared/kafka/dead-letter';
import type { IHeaders, KafkaMessage, Message } from 'kafkajs';
import type { DeadLetterId } from './dead-letter-id.ts';

/** A dead letter as it lies in Kafka. */
export type DeadLetterRecord = DeadLetterId & { message: KafkaMessage };

/** Where it comes from and why it is here; null where the record does not say. */
export type Provenance = Record<keyof typeof DEAD_LETTER_HEADERS, string | null>;

const PROVENANCE_NAMES: ReadonlySet<string> = new Set(Object.values(DEAD_LETTER_HEADERS));

export function readProvenance({ message }: DeadLetterRecord): Provenance {
  const read = (name: string): string | null => headerTexts(message.headers?.[name])[0] ?? null;
  return {
    topic: read(DEAD_LETTER_HEADERS.topic),
    partition: read(DEAD_LETTER_HEADERS.partition),
    offset: read(DEAD_LETTER_HEADERS.offset),
    consumer: read(DEAD_LETTER_HEADERS.consumer),
    reason: read(DEAD_LETTER_HEADERS.reason),
    at: read(DEAD_LETTER_HEADERS.at),
    attempts: read(DEAD_LETTER_HEADERS.attempts),
  };
}

/** The record as it was before it died: key, value and headers byte for byte, without the provenance. */
export function restoreOriginal({ message }: DeadLetterRecord): Message {
  return { key: message.key, value: message.value, headers: originalHeaders(message.headers) };
}

export function originalHeaders(headers: IHeaders | undefined): IHeaders {
  return Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => !PROVENANCE_NAMES.has(name)));
}

/** A header that was given more than once has all its values. */
export function headerTexts(value: IHeaders[string]): string[] {
  const values = Array.isArray(value) ? value : [value];
  return values.flatMap((each) => (each === undefined ? [] : [each.toString()]));
}
