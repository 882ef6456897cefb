import { BadInput } from '../command.ts';
import { type DeadLetterId, formatId, parseId } from '../dead-letters/dead-letter-id.ts';

/** All of them are held in memory at once, 1 MB each at most. */
const MAX_IDS = 100;

/** Each once, in the order given. */
export function readIds(positionals: readonly string[]): DeadLetterId[] {
  if (positionals.length === 0)
    throw new BadInput('No dead letter is named: give ids as payguard dlq list shows them.');
  if (positionals.length > MAX_IDS) {
    throw new BadInput(`${positionals.length} ids are too many at once: give at most ${MAX_IDS}.`);
  }
  return [...new Map(positionals.map(parseId).map((id) => [formatId(id), id])).values()];
}
