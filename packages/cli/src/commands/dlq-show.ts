import { parseArgs } from 'node:util';
import { BadInput, EXIT_OK } from '../command.ts';
import { formatId, parseId } from '../dead-letters/dead-letter-id.ts';
import { describeDeadLetter, formatDescription } from '../dead-letters/describe-dead-letter.ts';
import { fetchDeadLetters } from '../dead-letters/fetch-dead-letters.ts';
import { noSuchLetter } from '../dead-letters/find-ranges.ts';
import { findHandled } from '../dead-letters/handled-letters.ts';
import { ACCESS_OPTIONS, withDeadLetterAccess } from '../dead-letters/open-access.ts';

/** `payguard dlq show`. */
export async function runShow(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...ACCESS_OPTIONS, json: { type: 'boolean', default: false } },
  });
  const [text, ...others] = positionals;
  if (text === undefined || others.length > 0) throw new BadInput('Give the one id of the dead letter to show.');
  const id = parseId(text);
  const [description] = await withDeadLetterAccess(values, async ({ kafka, prisma }) => {
    const letters = await fetchDeadLetters(kafka, [id]);
    const handled = await findHandled(prisma, letters);
    return letters.map((letter) => describeDeadLetter(letter, handled.get(formatId(letter)) ?? null));
  });
  if (description === undefined) throw noSuchLetter(id);
  console.log(values.json ? JSON.stringify(description, null, 2) : formatDescription(description));
  return EXIT_OK;
}
