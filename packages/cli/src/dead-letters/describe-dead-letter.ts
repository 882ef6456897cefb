import { isUtf8 } from 'node:buffer';
import { printable } from '../printable.ts';
import { formatId, originalTopic } from './dead-letter-id.ts';
import {
  type DeadLetterRecord,
  headerTexts,
  originalHeaders,
  type Provenance,
  readProvenance,
} from './dead-letter-record.ts';
import type { Handling } from './handled-letters.ts';

export type Bytes = { encoding: 'json'; json: unknown } | { encoding: 'base64'; base64: string } | null;

export type DeadLetterDescription = {
  id: string;
  originalTopic: string;
  provenance: Provenance;
  handled: Handling | null;
  key: string | null;
  headers: Record<string, string[]>;
  value: Bytes;
};

/** All there is to know about a letter, as data. */
export function describeDeadLetter(record: DeadLetterRecord, handled: Handling | null): DeadLetterDescription {
  const headers = Object.entries(originalHeaders(record.message.headers));
  return {
    id: formatId(record),
    originalTopic: originalTopic(record),
    provenance: readProvenance(record),
    handled,
    key: record.message.key?.toString() ?? null,
    headers: Object.fromEntries(headers.map(([name, value]) => [name, headerTexts(value)])),
    value: readBytes(record.message.value),
  };
}

function readBytes(value: Buffer | null): Bytes {
  if (value === null) return null;
  if (isUtf8(value)) {
    try {
      return { encoding: 'json', json: JSON.parse(value.toString()) };
    } catch {
      // Not JSON: shown as bytes, since it may be anything.
    }
  }
  return { encoding: 'base64', base64: value.toString('base64') };
}

/** The same for a person. */
export function formatDescription(letter: DeadLetterDescription): string {
  const { provenance: from, handled } = letter;
  const lines = [
    letter.id,
    `  meant for  ${letter.originalTopic} (partition ${from.partition ?? '?'}, offset ${from.offset ?? '?'})`,
    `  died       ${from.at ?? '?'} in ${from.consumer ?? '?'}, attempts: ${from.attempts ?? '?'}`,
    `  reason     ${from.reason ?? '?'}`,
    `  handled    ${handled === null ? 'no' : formatHandling(handled)}`,
    `  key        ${letter.key ?? '(none)'}`,
    ...Object.entries(letter.headers).map(([name, values]) => `  header     ${name}: ${values.join(' | ')}`),
  ].map(printable);
  return [...lines, ...formatBytes(letter.value)].join('\n');
}

export function formatHandling({ outcome, by, at, reason }: Handling): string {
  return `${outcome} by ${by} at ${at.toISOString()}: ${reason}`;
}

function formatBytes(value: Bytes): string[] {
  if (value === null) return ['  value      (none)'];
  switch (value.encoding) {
    case 'json':
      return ['  value      JSON:', JSON.stringify(value.json, null, 2)];
    case 'base64':
      return ['  value      not JSON; in base64:', value.base64];
    default:
      return value satisfies never;
  }
}
