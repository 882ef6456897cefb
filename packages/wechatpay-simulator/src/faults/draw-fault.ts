import { z } from 'zod';
import { deriveBytes, toFraction } from '../seeded-bytes.ts';
import { FAULT_NAMES, type Fault, type FaultName, MAX_DELAY_MS } from './fault.ts';

/** Five minutes: late enough to be seen, early enough to be waited for. */
const DEFAULT_MAX_DELAY_MS = 300_000;

const share = z.number().min(0).max(1);

/** Shares of orders, by fault. They exclude each other: an order drawn by rate has at most one fault. */
export const faultRatesSchema = z.strictObject({
  seed: z.string().min(1).max(200),
  rates: z
    .partialRecord(z.enum(FAULT_NAMES), share)
    .refine((rates) => Object.values(rates).reduce((sum, rate) => sum + rate, 0) <= 1 + Number.EPSILON, {
      error: 'add up to more than 1; an order has at most one fault by rate',
    }),
  maxDelayMs: z.int().min(1).max(MAX_DELAY_MS).default(DEFAULT_MAX_DELAY_MS),
  attempts: z.int().min(1).max(16).default(1),
});

export type FaultRates = z.output<typeof faultRatesSchema>;

/** The fault of an order by rate. Depends on the seed, the rates and out_trade_no only, never on the order of arrival. */
export function drawFault(settings: FaultRates, outTradeNo: string): Fault | undefined {
  const bytes = deriveBytes(settings.seed, 'fault', outTradeNo);
  let remainder = toFraction(bytes);
  for (const name of FAULT_NAMES) {
    const rate = settings.rates[name] ?? 0;
    if (remainder < rate) return faultNamed(name, settings, toFraction(bytes, 4));
    remainder -= rate;
  }
  return undefined;
}

function faultNamed(name: FaultName, settings: FaultRates, fraction: number): Fault {
  const { attempts } = settings;
  switch (name) {
    case 'lost':
    case 'doubled':
    case 'doubled_at_once':
      return { kind: name };
    case 'delayed':
      return { kind: 'delayed', ms: 1 + Math.floor(fraction * settings.maxDelayMs) };
    case 'tampered_body':
      return { kind: 'tampered', part: 'body', attempts };
    case 'tampered_signature':
      return { kind: 'tampered', part: 'signature', attempts };
    case 'tampered_tag':
      return { kind: 'tampered', part: 'tag', attempts };
    case 'signtest':
    case 'lost_first':
      return { kind: name, attempts };
  }
}
