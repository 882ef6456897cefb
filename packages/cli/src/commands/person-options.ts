import { BadInput } from '../command.ts';

/** Who decides, and why: nothing is done by hand without. */
export const PERSON_OPTIONS = { by: { type: 'string' }, reason: { type: 'string' } } as const;

/** The columns of dead_letters, audit_log and repair_batches. */
export const MAX_NAME_CHARS = 128;
const MAX_REASON_CHARS = 500;

export type Person = { by: string; reason: string };

export function readPerson(values: { by?: string | undefined; reason?: string | undefined }): Person {
  return {
    by: readText('by', values.by, MAX_NAME_CHARS, 'the name of the person who decides this'),
    reason: readText('reason', values.reason, MAX_REASON_CHARS, 'why, for those who ask later'),
  };
}

/** The option's text without spaces around it. Throws BadInput when there is none or too much. */
export function readText(option: string, text: string | undefined, maxChars: number, what: string): string {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '') throw new BadInput(`--${option} is missing: give ${what}.`);
  if (trimmed.length > maxChars) {
    throw new BadInput(`--${option} has ${trimmed.length} characters: give at most ${maxChars}.`);
  }
  return trimmed;
}
