import { z } from 'zod';
import { API_OPERATIONS, type ApiOperation } from '../api/api-operation.ts';
import { type ApiFault, apiFaultSchema, needsAnswer } from './api-fault.ts';

/** Enough for "always"; a rule without `times` has no limit at all. */
const MAX_TIMES = 1_000_000;

/** Which calls get which fault, without the time window, which the control API and in-process callers write differently. */
export const apiFaultRuleSchema = z
  .strictObject({
    /** All of them when left out. */
    operations: z.array(z.enum(API_OPERATIONS)).min(1).optional(),
    mchid: z.string().optional(),
    /** The order a call is about, also when it names only a transaction or a refund of it. */
    outTradeNo: z.string().optional(),
    /** Share of the fitting calls. */
    rate: z.number().min(0).max(1).default(1),
    seed: z.string().min(1).max(200).optional(),
    /** After as many the rule rests. */
    times: z.int().min(1).max(MAX_TIMES).optional(),
    /** `before`: the call is not carried out; `after`: it is, and only the answer is spoilt. */
    effect: z.enum(['before', 'after']).optional(),
    fault: apiFaultSchema,
  })
  .refine(({ effect, fault }) => effect !== 'before' || !needsAnswer(fault), {
    path: ['effect'],
    error: 'cannot be "before" for this fault, which needs the answer of a call carried out; leave it out',
  });

/** Which calls get which fault, and from when to when (ms UTC on the simulator's clock). */
export type ApiFaultWish = z.input<typeof apiFaultRuleSchema> & {
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
};

export interface ApiFaultRule {
  readonly id: string;
  readonly operations: readonly ApiOperation[] | undefined;
  readonly mchid: string | undefined;
  readonly outTradeNo: string | undefined;
  readonly rate: number;
  readonly seed: string;
  readonly times: number | undefined;
  readonly fromMs: number | undefined;
  readonly untilMs: number | undefined;
  readonly effect: 'before' | 'after';
  readonly fault: ApiFault;
  /** How many calls it has befallen. */
  readonly applied: number;
}

/** A call, as far as rules look at it. */
export interface ApiCallFacts {
  readonly operation: ApiOperation;
  readonly mchid: string;
  readonly outTradeNo: string | undefined;
  readonly outRefundNo: string | undefined;
  readonly nowMs: number;
}

export function fitsRule(rule: ApiFaultRule, call: ApiCallFacts): boolean {
  return (
    (rule.operations === undefined || rule.operations.includes(call.operation)) &&
    (rule.mchid === undefined || rule.mchid === call.mchid) &&
    (rule.outTradeNo === undefined || rule.outTradeNo === call.outTradeNo) &&
    (rule.fromMs === undefined || rule.fromMs <= call.nowMs) &&
    (rule.untilMs === undefined || call.nowMs < rule.untilMs)
  );
}
