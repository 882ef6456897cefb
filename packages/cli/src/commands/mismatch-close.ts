import { parseArgs } from 'node:util';
import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import { systemClock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { BadInput, EXIT_FAILED, EXIT_OK } from '../command.ts';
import { type CloseResult, type Closing, closeMismatch, isClosed } from '../mismatches/close-mismatch.ts';
import { findMismatches } from '../mismatches/find-mismatches.ts';
import { withDatabase } from '../open-database.ts';
import { withPublisher } from '../open-publisher.ts';
import { PERSON_OPTIONS, readPerson } from './person-options.ts';

const MISMATCH_ID = /^[0-9a-f]{32}$/;

/** `payguard mismatch resolve|dismiss`. */
export async function runMismatchClose(closing: Closing, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      ...PERSON_OPTIONS,
      id: { type: 'string' },
      json: { type: 'boolean', default: false },
      brokers: { type: 'string' },
      'database-url': { type: 'string' },
    },
  });
  const id = readId(values.id);
  const person = readPerson(values);
  return withDatabase(values['database-url'], async (pool) => {
    const mismatch = await findOne(pool, id);
    if (mismatch.state === closing) return tell(values.json, id, closedText(mismatch), EXIT_OK);
    if (isClosed(mismatch)) throw new BadInput(`${closedText(mismatch)}: that stands.`);
    const result = await withPublisher(values.brokers, (publisher) =>
      closeMismatch({ pool, publisher, clock: systemClock }, mismatch, { closing, person }),
    );
    return tell(values.json, id, describe(result, closing), result.kind === 'closed' ? EXIT_OK : EXIT_FAILED);
  });
}

function readId(text: string | undefined): string {
  if (text === undefined) throw new BadInput('No mismatch is named: give --id; payguard mismatch list shows the ids.');
  if (MISMATCH_ID.test(text)) return text;
  throw new BadInput(`--id ${text} is no mismatch's id: it has 32 hex digits; payguard mismatch list shows it.`);
}

async function findOne(pool: DatabasePool, id: string): Promise<MismatchView> {
  const [mismatch] = await findMismatches(pool, { id });
  if (mismatch !== undefined) return mismatch;
  throw new BadInput(`There is no mismatch ${id}: payguard mismatch list --state all shows all.`);
}

function closedText({ state, stateAt, handledBy, handledReason }: MismatchView): string {
  return `${handledBy ?? 'somebody'} has ${state} it at ${new Date(stateAt).toISOString()} (${handledReason ?? '-'})`;
}

function describe(result: CloseResult, closing: Closing): string {
  switch (result.kind) {
    case 'closed':
      return closing;
    case 'closed_before':
      return `not ${closing}: ${closedText(result.mismatch)}, which stands`;
    case 'waiting':
      return 'published, but not applied within 30 s: see that the alerter is running; it will be applied then';
    case 'not_published':
      return 'Kafka did not acknowledge it: run this again';
  }
}

function tell(json: boolean, id: string, text: string, code: number): number {
  console.log(json ? JSON.stringify({ id, text }) : `${id}: ${text}`);
  return code;
}
