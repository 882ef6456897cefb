import { z } from 'zod';
import { INJECTED_ERROR_CODES, isStatusOf } from './api-error-codes.ts';
import { MAX_HOLD_MS } from './held-callers.ts';

/** A clock further off than a day would be noticed by other means. */
const MAX_CLOCK_OFF_MS = 24 * 3_600_000;

const clockOffSchema = z
  .int()
  .min(-MAX_CLOCK_OFF_MS)
  .max(MAX_CLOCK_OFF_MS)
  .refine((ms) => ms !== 0, { error: 'must not be 0; a clock that is off by nothing is right' });

const errorSchema = z
  .strictObject({ kind: z.literal('error'), code: z.enum(INJECTED_ERROR_CODES), status: z.int().optional() })
  .refine(({ code, status }) => status === undefined || isStatusOf(code, status), {
    path: ['status'],
    error: 'is not one this code comes with; leave it out for the usual one',
  });

/** What can go wrong with a call of the API. */
export const apiFaultSchema = z.discriminatedUnion('kind', [
  /** Answered `ms` later, in real time, as a socket sees it. */
  z.strictObject({ kind: z.literal('slow'), ms: z.int().min(1).max(MAX_HOLD_MS) }),
  /** Never answered. */
  z.strictObject({ kind: z.literal('hang') }),
  /** The connection ends with nothing sent, or in the middle of the answer's body. */
  z.strictObject({ kind: z.literal('cut'), sent: z.enum(['nothing', 'half_body']).default('nothing') }),
  errorSchema,
  /** "Accepted, repeat with the same parameters" (page 4012081717). */
  z.strictObject({ kind: z.literal('accepted_202') }),
  z.strictObject({ kind: z.literal('html_404') }),
  z.strictObject({ kind: z.literal('empty_404') }),
  z.strictObject({ kind: z.literal('unsigned') }),
  z.strictObject({ kind: z.literal('wrongly_signed') }),
  z.strictObject({ kind: z.literal('unknown_serial') }),
  /** A probe: the call has taken effect, and its repeat is not probed (facts §1.5). */
  z.strictObject({ kind: z.literal('signtest') }),
  /** `Wechatpay-Timestamp` (truly signed) and `Date` are off by `ms`; negative: behind. */
  z.strictObject({ kind: z.literal('clock_off'), ms: clockOffSchema }),
]);

export type ApiFault = z.output<typeof apiFaultSchema>;
export type ApiFaultInput = z.input<typeof apiFaultSchema>;

/** Those that spoil a signed answer; a call that fails by itself has none to spoil. */
export type AnswerFault = Extract<
  ApiFault,
  { kind: 'unsigned' | 'wrongly_signed' | 'unknown_serial' | 'signtest' | 'clock_off' }
>;

export function isAnswerFault(fault: ApiFault): fault is AnswerFault {
  return ['unsigned', 'wrongly_signed', 'unknown_serial', 'signtest', 'clock_off'].includes(fault.kind);
}

/** Whether it needs the true answer, so that the call must have been carried out. */
export function needsAnswer(fault: ApiFault): boolean {
  return isAnswerFault(fault) || fault.kind === 'slow' || (fault.kind === 'cut' && fault.sent === 'half_body');
}

/** Its name in records: the kind, `error_` and the code, or `cut_half_body`. */
export function nameOfApiFault(fault: ApiFaultInput): string {
  if (fault.kind === 'error') return `error_${fault.code}`;
  return fault.kind === 'cut' && fault.sent === 'half_body' ? 'cut_half_body' : fault.kind;
}
