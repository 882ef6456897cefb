import { z } from 'zod';
import { deriveBytes, toFraction } from '../seeded-bytes.ts';
import { delaySchema, FAULT_NAMES, type Fault, type FaultName } from './fault.ts';
import {
  PAYMENT_FAULT_NAMES,
  type PaymentFault,
  type PaymentFaultName,
  REFUND_FAULT_NAMES,
  type RefundFault,
  type RefundFaultName,
} from './order-fault.ts';

/** Five minutes: late enough to be seen, early enough to be waited for. */
const DEFAULT_MAX_DELAY_MS = 300_000;

const RATED_NAMES = [...FAULT_NAMES, ...PAYMENT_FAULT_NAMES, ...REFUND_FAULT_NAMES] as const;
type Rates = Readonly<Partial<Record<(typeof RATED_NAMES)[number], number>>>;

/** Each group is one draw, so a notification, a payment and a refund have at most one fault each by rate. */
const GROUPS = [FAULT_NAMES, PAYMENT_FAULT_NAMES, REFUND_FAULT_NAMES] as const;

/** Shares of orders and refunds, by fault. Those of one group exclude each other. */
export const faultRatesSchema = z.strictObject({
  seed: z.string().min(1).max(200),
  rates: z
    .partialRecord(z.enum(RATED_NAMES), z.number().min(0).max(1))
    .refine((rates) => GROUPS.every((names) => sumOf(rates, names) <= 1 + Number.EPSILON), {
      error: 'of notifications, of payments or of refunds add up to more than 1; each has at most one fault by rate',
    }),
  maxDelayMs: delaySchema.default(DEFAULT_MAX_DELAY_MS),
  attempts: z.int().min(1).max(16).default(1),
});

export type FaultRates = z.output<typeof faultRatesSchema>;

/**
 * The fault of a notification by rate, by the out_trade_no or out_refund_no it is about. Depends on the seed, the rates
 * and that number only, never on the order of arrival.
 */
export function drawFault(settings: FaultRates, number: string): Fault | undefined {
  const drawn = draw(settings, FAULT_NAMES, 'fault', number);
  return drawn === undefined ? undefined : faultNamed(drawn.name, settings, drawn.ms);
}

/** The fault of an order's payment by rate. */
export function drawPaymentFault(settings: FaultRates, outTradeNo: string): PaymentFault | undefined {
  const drawn = draw(settings, PAYMENT_FAULT_NAMES, 'payment-fault', outTradeNo);
  return drawn === undefined ? undefined : paymentFaultNamed(drawn.name, drawn.ms);
}

/** The fault of a refund by rate. */
export function drawRefundFault(settings: FaultRates, outRefundNo: string): RefundFault | undefined {
  const drawn = draw(settings, REFUND_FAULT_NAMES, 'refund-fault', outRefundNo);
  return drawn === undefined ? undefined : refundFaultNamed(drawn.name, drawn.ms);
}

interface Drawn<N> {
  readonly name: N;
  /** For faults that take time. */
  readonly ms: number;
}

function draw<N extends keyof Rates>(
  { seed, rates, maxDelayMs }: FaultRates,
  names: readonly N[],
  purpose: string,
  number: string,
): Drawn<N> | undefined {
  if (sumOf(rates, names) === 0) return undefined;
  const bytes = deriveBytes(seed, purpose, number);
  let remainder = toFraction(bytes);
  for (const name of names) {
    const rate = rates[name] ?? 0;
    if (remainder < rate) return { name, ms: 1 + Math.floor(toFraction(bytes, 4) * maxDelayMs) };
    remainder -= rate;
  }
  return undefined;
}

function sumOf(rates: Rates, names: readonly (keyof Rates)[]): number {
  return names.reduce((sum, name) => sum + (rates[name] ?? 0), 0);
}

function faultNamed(name: FaultName, { attempts }: FaultRates, ms: number): Fault {
  switch (name) {
    case 'lost':
    case 'doubled':
    case 'doubled_at_once':
    case 'out_of_order':
      return { kind: name };
    case 'delayed':
      return { kind: 'delayed', ms };
    case 'tampered_body':
      return { kind: 'tampered', part: 'body', attempts };
    case 'tampered_signature':
      return { kind: 'tampered', part: 'signature', attempts };
    case 'tampered_tag':
      return { kind: 'tampered', part: 'tag', attempts };
    case 'tampered_aad':
      return { kind: 'tampered', part: 'aad', attempts };
    default:
      return { kind: name, attempts };
  }
}

function paymentFaultNamed(name: PaymentFaultName, ms: number): PaymentFault {
  switch (name) {
    case 'close_race_payment_first':
      return { kind: 'close_race', first: 'payment', ms };
    case 'close_race_close_first':
      return { kind: 'close_race', first: 'close', ms };
    case 'late_payment':
      return { kind: 'late_payment', ms };
  }
}

function refundFaultNamed(name: RefundFaultName, ms: number): RefundFault {
  return name === 'refund_slow' ? { kind: name, ms } : { kind: name };
}
