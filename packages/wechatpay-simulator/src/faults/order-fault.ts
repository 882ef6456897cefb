import { z } from 'zod';
import { delaySchema, faultSchema, fitsRefundNotice, hasEachKindOnce } from './fault.ts';

/** How long after the close a payment comes that lost the race, when nothing else is said. */
const DEFAULT_RACE_MS = 1_000;

/**
 * What can go wrong with a payment. `close_race`: at the merchant's close call the payment lands just before it, or the
 * close is answered 204 and the payment succeeds `ms` later all the same. `late_payment`: somebody pays `ms` after
 * time_expire, without a pay call.
 */
const paymentFaultSchemas = [
  z.strictObject({
    kind: z.literal('close_race'),
    first: z.enum(['payment', 'close']),
    ms: delaySchema.default(DEFAULT_RACE_MS),
  }),
  z.strictObject({ kind: z.literal('late_payment'), ms: delaySchema }),
] as const;

/** What becomes of a refund instead of SUCCESS after three seconds. */
const refundFaultSchemas = [
  z.strictObject({ kind: z.literal('refund_abnormal') }),
  z.strictObject({ kind: z.literal('refund_closed') }),
  z.strictObject({ kind: z.literal('refund_slow'), ms: delaySchema }),
] as const;

const orderFaultSchema = z.discriminatedUnion('kind', [
  ...faultSchema.options,
  ...paymentFaultSchemas,
  ...refundFaultSchemas,
]);
const refundNumberFaultSchema = z.discriminatedUnion('kind', [...faultSchema.options, ...refundFaultSchemas]);

const TWICE = { error: 'names a kind of fault twice; give each kind once' };
const BOTH_ENDS = { error: 'names refund_abnormal and refund_closed; a refund ends in one of them' };

/** Faults set for an out_trade_no: of its payment, of that one's notification, and of its next refund. */
export const orderFaultsSchema = z
  .array(orderFaultSchema)
  .max(orderFaultSchema.options.length)
  .refine(hasEachKindOnce, TWICE)
  .refine(hasOneEnd, BOTH_ENDS);

/** Faults set for an out_refund_no: of this refund, and of its notification. */
export const refundNumberFaultsSchema = z
  .array(refundNumberFaultSchema)
  .max(refundNumberFaultSchema.options.length)
  .refine(hasEachKindOnce, TWICE)
  .refine(hasOneEnd, BOTH_ENDS)
  .refine((faults) => faults.every(fitsRefundNotice), {
    error: "names wrong_appid, but a refund's notification has no appid; leave it out",
  });

export type OrderFault = z.output<typeof orderFaultSchema>;
export type RefundNumberFault = z.output<typeof refundNumberFaultSchema>;
/** As given, with defaults still left out. */
export type OrderFaultInput = z.input<typeof orderFaultSchema>;
export type RefundNumberFaultInput = z.input<typeof refundNumberFaultSchema>;

export type CloseRace = Extract<OrderFault, { kind: 'close_race' }>;
export type LatePayment = Extract<OrderFault, { kind: 'late_payment' }>;
export type PaymentFault = CloseRace | LatePayment;
export type RefundFault = Extract<OrderFault, { kind: 'refund_abnormal' | 'refund_closed' | 'refund_slow' }>;

export const PAYMENT_FAULT_NAMES = ['close_race_payment_first', 'close_race_close_first', 'late_payment'] as const;
export type PaymentFaultName = (typeof PAYMENT_FAULT_NAMES)[number];

export const REFUND_FAULT_NAMES = ['refund_abnormal', 'refund_closed', 'refund_slow'] as const;
export type RefundFaultName = (typeof REFUND_FAULT_NAMES)[number];

export function isRefundFault(fault: OrderFault): fault is RefundFault {
  return fault.kind === 'refund_abnormal' || fault.kind === 'refund_closed' || fault.kind === 'refund_slow';
}

export function isPaymentFault(fault: OrderFault): fault is PaymentFault {
  return fault.kind === 'close_race' || fault.kind === 'late_payment';
}

function hasOneEnd(faults: readonly { readonly kind: string }[]): boolean {
  return !(
    faults.some((fault) => fault.kind === 'refund_abnormal') && faults.some((fault) => fault.kind === 'refund_closed')
  );
}
