import { parseArgs } from 'node:util';
import { EXIT_OK } from '../command.ts';
import { formatId } from '../dead-letters/dead-letter-id.ts';
import { discardLetters } from '../dead-letters/discard-dead-letters.ts';
import { ACCESS_OPTIONS, withDeadLetterAccess } from '../dead-letters/open-access.ts';
import { readIds } from './dlq-arguments.ts';
import { PERSON_OPTIONS, readPerson } from './person-options.ts';

/** `payguard dlq discard`. */
export async function runDiscard(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: { ...ACCESS_OPTIONS, ...PERSON_OPTIONS },
  });
  const person = readPerson(values);
  const ids = readIds(positionals);
  await withDeadLetterAccess(values, (access) => discardLetters(access, ids, person));
  console.log([...ids.map((id) => `${formatId(id)} was discarded`), `${ids.length} discarded.`].join('\n'));
  return EXIT_OK;
}
