import { z } from 'zod';
import { API_OPERATIONS } from '../api/api-operation.ts';
import { apiFaultSchema } from '../faults/api-fault.ts';
import { faultRatesSchema } from '../faults/draw-fault.ts';
import { FAULT_TARGETS, type FaultRecord } from '../faults/fault-record.ts';
import { OUTAGE_AIMS, OUTAGE_MANNERS } from '../faults/outages.ts';
import { toIso } from './describe-order.ts';

const instant = z.iso.datetime();

export const ratesAnswer = faultRatesSchema;

export const faultRecordAnswer = z
  .object({
    at: instant,
    target: z.enum(FAULT_TARGETS),
    mchid: z.string().optional(),
    outTradeNo: z.string().optional(),
    outRefundNo: z.string().optional(),
    operation: z.enum(API_OPERATIONS).optional().describe('Of a call of the API.'),
    fault: z.string(),
    attempt: z.int().optional().describe('Of a callback, from 1; 0 when it befell the notification as a whole.'),
    detail: z.string().optional(),
  })
  .meta({ id: 'FaultRecord', description: 'A fault that has happened.' });

export function describeFaultRecord({ atMs, ...record }: FaultRecord): z.output<typeof faultRecordAnswer> {
  return { at: toIso(atMs), ...record };
}

export const faultListAnswer = z.object({
  rates: ratesAnswer.nullable(),
  faults: z.array(faultRecordAnswer),
  next: z.int().nullable().describe('The next `after`.'),
  notKept: z.int().describe('Those that happened after the list was full.'),
});

export const ruleAnswer = z
  .object({
    id: z.string(),
    operations: z.array(z.enum(API_OPERATIONS)).readonly().nullable().describe('null: all.'),
    mchid: z.string().nullable(),
    outTradeNo: z.string().nullable(),
    rate: z.number(),
    seed: z.string(),
    times: z.int().nullable(),
    from: instant.nullable(),
    until: instant.nullable(),
    effect: z.enum(['before', 'after']).describe('before: the call is not carried out.'),
    fault: apiFaultSchema,
    applied: z.int(),
  })
  .meta({ id: 'ApiFaultRule', description: 'Which calls of the API go wrong, and how.' });

export const outageAnswer = z
  .object({ id: z.string(), from: instant, until: instant, what: z.enum(OUTAGE_AIMS), how: z.enum(OUTAGE_MANNERS) })
  .meta({ id: 'Outage', description: 'A window of time in which WeChat Pay is away.' });

export type ApiFaultRuleAnswer = z.output<typeof ruleAnswer>;
export type OutageAnswer = z.output<typeof outageAnswer>;
export type RatesAnswer = z.output<typeof ratesAnswer>;
export type FaultRecordAnswer = z.output<typeof faultRecordAnswer>;
