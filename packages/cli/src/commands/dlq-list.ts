import { parseArgs } from 'node:util';
import { BadInput, EXIT_OK } from '../command.ts';
import { DEAD_LETTER_TOPICS, parseDeadLetterTopic } from '../dead-letters/dead-letter-id.ts';
import { formatHandling } from '../dead-letters/describe-dead-letter.ts';
import { type DeadLetterList, type DeadLetterSummary, listDeadLetters } from '../dead-letters/list-dead-letters.ts';
import { ACCESS_OPTIONS, withDeadLetterAccess } from '../dead-letters/open-access.ts';
import { printable } from '../printable.ts';

const DEFAULT_LIMIT = 50;
/** Bounds the memory; nobody reads more. */
const MAX_LIMIT = 10_000;

/** `payguard dlq list`. */
export async function runList(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...ACCESS_OPTIONS,
      topic: { type: 'string' },
      all: { type: 'boolean', default: false },
      limit: { type: 'string', default: String(DEFAULT_LIMIT) },
      json: { type: 'boolean', default: false },
    },
  });
  const topics = values.topic === undefined ? DEAD_LETTER_TOPICS : [parseDeadLetterTopic(values.topic)];
  const limit = readLimit(values.limit);
  const list = await withDeadLetterAccess(values, (access) =>
    listDeadLetters(access, { topics, includeHandled: values.all, limit }),
  );
  console.log(values.json ? JSON.stringify(list, null, 2) : formatList(list, values.all));
  return EXIT_OK;
}

function readLimit(text: string): number {
  const limit = Number(text);
  if (/^\d+$/.test(text) && limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new BadInput(`--limit ${text} cannot be used: give a whole number from 1 to ${MAX_LIMIT}.`);
}

function formatList({ letters, total }: DeadLetterList, all: boolean): string {
  const kind = all ? 'dead letters' : 'dead letters that nobody has handled';
  if (total === 0) return `There are no ${kind}.`;
  const shown = letters.length < total ? `; these are the ${letters.length} oldest (--limit shows more)` : '';
  return [...letters.flatMap(formatLetter), `${total} ${kind}${shown}.`].join('\n');
}

function formatLetter(letter: DeadLetterSummary): string[] {
  const { id, at, consumer, attempts, key, reason, handled } = letter;
  return [
    `${id}  ${at}  ${consumer ?? '?'}  attempts: ${attempts ?? '?'}  ${key ?? '(no key)'}`,
    `    ${reason ?? '(no reason given)'}`,
    ...(handled === null ? [] : [`    ${formatHandling(handled)}`]),
  ].map(printable);
}
