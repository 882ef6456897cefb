import { parseArgs } from 'node:util';
import { BadInput, EXIT_OK } from '../command.ts';
import { formatId, originalTopic, parseDeadLetterTopic } from '../dead-letters/dead-letter-id.ts';
import { ACCESS_OPTIONS, withDeadLetterAccess } from '../dead-letters/open-access.ts';
import { type ReplayOrder, replayLetters, replayUnhandled } from '../dead-letters/replay-dead-letters.ts';
import { readIds } from './dlq-arguments.ts';
import { PERSON_OPTIONS, readPerson } from './person-options.ts';

/** `payguard dlq replay`. */
export async function runReplay(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      ...ACCESS_OPTIONS,
      ...PERSON_OPTIONS,
      all: { type: 'boolean', default: false },
      topic: { type: 'string' },
      again: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
    },
  });
  const { by, reason } = readPerson(values);
  const dryRun = values['dry-run'];
  let count = 0;
  const order: ReplayOrder = {
    by,
    reason,
    dryRun,
    onReplayed: (id) => {
      count += 1;
      console.log(`${formatId(id)} ${dryRun ? 'would be' : 'was'} published to ${originalTopic(id)}`);
    },
  };
  if (values.all) {
    const topic = readTopicOfAll(values, positionals);
    await withDeadLetterAccess(values, (access) => replayUnhandled(access, topic, order));
  } else {
    if (values.topic !== undefined) throw new BadInput('--topic goes with --all: give ids, or --all --topic TOPIC.');
    const ids = readIds(positionals);
    await withDeadLetterAccess(values, (access) => replayLetters(access, ids, { ...order, again: values.again }));
  }
  console.log(dryRun ? `${count} would be replayed; nothing was done.` : `${count} replayed.`);
  return EXIT_OK;
}

function readTopicOfAll(values: { topic?: string | undefined; again: boolean }, positionals: string[]): string {
  if (positionals.length > 0) throw new BadInput('Give ids or --all, not both.');
  if (values.topic === undefined) throw new BadInput('--all needs the topic: give --topic payment.confirmed.');
  if (values.again) throw new BadInput('--again goes with ids only: --all leaves what a person has handled alone.');
  return parseDeadLetterTopic(values.topic);
}
