import { z } from 'zod';

/** More would be more than the retry plan has attempts. */
const MAX_FAULTY_ATTEMPTS = 16;
/** WeChat Pay's own retries end after 24 h 4 min; a week leaves room for worse. */
export const MAX_DELAY_MS = 7 * 24 * 3_600_000;

export const delaySchema = z.int().min(1).max(MAX_DELAY_MS);
const attempts = z.int().min(1).max(MAX_FAULTY_ATTEMPTS).default(1);

/** What can go wrong with the notification of one order or refund. `attempts` is how many are faulty before a true one. */
export const faultSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('lost') }),
  z.strictObject({ kind: z.literal('delayed'), ms: delaySchema }),
  z.strictObject({ kind: z.literal('doubled') }),
  z.strictObject({ kind: z.literal('doubled_at_once') }),
  z.strictObject({ kind: z.literal('out_of_order') }),
  z.strictObject({ kind: z.literal('lost_first'), attempts }),
  z.strictObject({ kind: z.literal('tampered'), part: z.enum(['body', 'signature', 'tag', 'aad']), attempts }),
  z.strictObject({ kind: z.literal('wrong_key'), attempts }),
  z.strictObject({ kind: z.literal('wrong_amount'), attempts }),
  z.strictObject({ kind: z.literal('wrong_appid'), attempts }),
  z.strictObject({ kind: z.literal('wrong_mchid'), attempts }),
  z.strictObject({ kind: z.literal('unknown_serial'), attempts }),
  z.strictObject({ kind: z.literal('stale_timestamp'), attempts }),
  z.strictObject({ kind: z.literal('signtest'), attempts }),
]);

export type Fault = z.output<typeof faultSchema>;

/** A notification has at most one fault of a kind; together they still end in a true attempt (unless lost). */
export const faultsSchema = z.array(faultSchema).max(faultSchema.options.length).refine(hasEachKindOnce, {
  error: 'names a kind of fault twice; give each kind once',
});

export function hasEachKindOnce(faults: readonly { readonly kind: string }[]): boolean {
  return new Set(faults.map((fault) => fault.kind)).size === faults.length;
}

/** In the order in which a draw by rate goes through them. */
export const FAULT_NAMES = [
  'lost',
  'delayed',
  'doubled',
  'doubled_at_once',
  'tampered_body',
  'tampered_signature',
  'tampered_tag',
  'tampered_aad',
  'wrong_key',
  'wrong_amount',
  'wrong_appid',
  'wrong_mchid',
  'unknown_serial',
  'stale_timestamp',
  'signtest',
  'lost_first',
  'out_of_order',
] as const;

/** A fault's name in records, counts and rates: its kind, and for a tampered one also the part, as in `tampered_tag`. */
export type FaultName = (typeof FAULT_NAMES)[number];

/** What befalls an attempt: a fault, or an outage in which nothing is sent. */
export const ATTEMPT_FAULTS = [...FAULT_NAMES, 'outage'] as const;
export type AttemptFault = (typeof ATTEMPT_FAULTS)[number];

/** Whether a refund's notification can have it: it has no appid to be wrong (facts §1.3). */
export function fitsRefundNotice(fault: { readonly kind: string }): boolean {
  return fault.kind !== 'wrong_appid';
}

const FITTING_V2 = ['lost', 'delayed', 'doubled', 'doubled_at_once', 'out_of_order', 'lost_first'];

/** Whether a refund told in the old API's XML can have it: that carries no signature and no sealed APIv3 resource. */
export function fitsV2Notice(fault: Fault): boolean {
  return FITTING_V2.includes(fault.kind);
}
