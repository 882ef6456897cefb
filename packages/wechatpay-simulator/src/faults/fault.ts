import { z } from 'zod';

/** More would be more than the retry plan has attempts. */
const MAX_FAULTY_ATTEMPTS = 16;
/** WeChat Pay's own retries end after 24 h 4 min; a week leaves room for worse. */
export const MAX_DELAY_MS = 7 * 24 * 3_600_000;

const attempts = z.int().min(1).max(MAX_FAULTY_ATTEMPTS).default(1);

/** What can go wrong with the notification of one order. `attempts` is how many attempts are faulty before a true one. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lost') }),
  z.strictObject({ kind: z.literal('delayed'), ms: z.int().min(1).max(MAX_DELAY_MS) }),
  z.strictObject({ kind: z.literal('doubled') }),
  z.strictObject({ kind: z.literal('doubled_at_once') }),
  z.strictObject({ kind: z.literal('tampered'), part: z.enum(['body', 'signature', 'tag']), attempts }),
  z.strictObject({ kind: z.literal('signtest'), attempts }),
  z.strictObject({ kind: z.literal('lost_first'), attempts }),
]);

export type Fault = z.output<typeof faultSchema>;

/** A notification has at most one fault of a kind; together they still end in a true attempt (unless lost). */
export const faultsSchema = z
  .array(faultSchema)
  .max(7)
  .refine((faults) => new Set(faults.map((fault) => fault.kind)).size === faults.length, {
    error: 'names a kind of fault twice; give each kind once',
  });

/** A fault's name in records and counts: its kind, and for a tampered one also the part, as in `tampered_tag`. */
export function nameOfFault(fault: Fault): FaultName {
  return fault.kind === 'tampered' ? `tampered_${fault.part}` : fault.kind;
}

export const FAULT_NAMES = [
  'lost',
  'delayed',
  'doubled',
  'doubled_at_once',
  'tampered_body',
  'tampered_signature',
  'tampered_tag',
  'signtest',
  'lost_first',
] as const;

export type FaultName = (typeof FAULT_NAMES)[number];
