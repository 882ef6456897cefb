import { BadInput } from '../command.ts';
import { type DeadLetterId, formatId, parseId } from '../dead-letters/dead-letter-id.ts';

/** Who decides, and why: no dead letter is handled without. */
export const PERSON_OPTIONS = { by: { type: 'string' }, reason: { type: 'string' } } as const;

/** The columns of table dead_letters. */
const MAX_NAME_CHARS = 128;
const MAX_REASON_CHARS = 500;
/** All of them are held in memory at once, 1 MB each at most. */
const MAX_IDS = 100;

export function readPerson(values: { by?: string | undefined; reason?: string | undefined }): {
  by: string;
  reason: string;
} {
  return {
    by: readText('by', values.by, MAX_NAME_CHARS, 'the name of the person who decides this'),
    reason: readText('reason', values.reason, MAX_REASON_CHARS, 'why, for those who ask later'),
  };
}

/** Each once, in the order given. */
export function readIds(positionals: readonly string[]): DeadLetterId[] {
  if (positionals.length === 0)
    throw new BadInput('No dead letter is named: give ids as payguard dlq list shows them.');
  if (positionals.length > MAX_IDS) {
    throw new BadInput(`${positionals.length} ids are too many at once: give at most ${MAX_IDS}.`);
  }
  return [...new Map(positionals.map(parseId).map((id) => [formatId(id), id])).values()];
}

function readText(option: string, text: string | undefined, maxChars: number, what: string): string {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') throw new BadInput(`--${option} is missing: give ${what}.`);
  if (trimmed.length > maxChars) {
    throw new BadInput(`--${option} has ${trimmed.length} characters: give at most ${maxChars}.`);
  }
  return trimmed;
}
