import { z } from 'zod';
import { API_OPERATIONS } from '../api/api-operation.ts';
import { billFaultsSchema } from '../bills/bill-faults.ts';
import { apiFaultSchema } from '../faults/api-fault.ts';
import type { ApiFaultRule } from '../faults/api-fault-rule.ts';
import { faultRatesSchema } from '../faults/draw-fault.ts';
import { FAULT_TARGETS, type FaultRecord } from '../faults/fault-record.ts';
import { orderFaultsSchema, refundNumberFaultsSchema } from '../faults/order-fault.ts';
import { OUTAGE_AIMS, OUTAGE_MANNERS, type Outage } from '../faults/outages.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { absent } from './saved-forms.ts';
import type { StateFile } from './state-file.ts';

const faultRecordSchema: z.ZodType<FaultRecord> = z.looseObject({
  atMs: z.number(),
  target: z.enum(FAULT_TARGETS),
  fault: z.string(),
});

const outageSchema: z.ZodType<Outage> = z.object({
  id: z.string(),
  fromMs: z.number(),
  untilMs: z.number(),
  what: z.enum(OUTAGE_AIMS),
  how: z.enum(OUTAGE_MANNERS),
});

const apiFaultRuleSchema: z.ZodType<ApiFaultRule> = z.object({
  id: z.string(),
  operations: absent(z.array(z.enum(API_OPERATIONS))),
  mchid: absent(z.string()),
  outTradeNo: absent(z.string()),
  rate: z.number(),
  seed: z.string(),
  times: absent(z.int()),
  fromMs: absent(z.number()),
  untilMs: absent(z.number()),
  effect: z.enum(['before', 'after']),
  fault: apiFaultSchema,
  applied: z.int(),
});

const settingsSchema = z.object({
  faultRates: faultRatesSchema.optional(),
  v2NotifyUrls: z.record(z.string(), z.string()).default({}),
  apiFaults: z.array(apiFaultRuleSchema).default([]),
  outages: z.array(outageSchema).default([]),
  billFaults: z.array(z.object({ mchid: z.string(), faults: billFaultsSchema })).default([]),
});

/** Puts back the faults that were set and those that have happened, and the other settings. Throws a ZodError. */
export function restoreFaults(
  file: StateFile,
  settings: ReadonlyMap<string, unknown>,
  { faultPlan, refunds, bills, deliveries }: SimulatorParts,
): void {
  const { faultRates, v2NotifyUrls, apiFaults, outages, billFaults } = settingsSchema.parse(
    Object.fromEntries(settings),
  );
  if (faultRates !== undefined) faultPlan.setRates(faultRates);
  for (const [mchid, url] of Object.entries(v2NotifyUrls)) refunds.setV2NotifyUrl(mchid, url);
  faultPlan.apiFaults.restore(apiFaults);
  faultPlan.outages.restore(outages);
  for (const { mchid, faults } of billFaults) bills.faults.set(mchid, faults);
  file.each('order_faults', (value, number) => faultPlan.setForOrder(number, orderFaultsSchema.parse(value)));
  file.each('refund_faults', (value, number) => faultPlan.setForRefund(number, refundNumberFaultsSchema.parse(value)));
  file.each('fault_records', (value) => {
    const record = faultRecordSchema.parse(value);
    faultPlan.record(record);
    deliveries.restoreFault(record);
  });
}
