import { type SeenRequest, WECHATPAY_DURATION_BUCKETS_S, wasSent, wechatpayOutcome } from './wechatpay-requests.ts';

/**
 * A job ends before anybody could look at its metrics: it adds what it saw to rows of job_totals, whose names say what
 * they count. Those of requests to WeChat Pay are `wechatpay.<operation>.…` (at most 64 characters):
 * `.outcome.<outcome>`, `.le.<seconds or inf>` (the requests whose duration falls into this bucket and no lower one) and
 * `.sum_ms`. Every other name is a count of the job's own.
 */
export type RequestTotal =
  | { kind: 'outcome'; operation: string; outcome: string }
  /** Upper bound in seconds, Infinity behind the last. */
  | { kind: 'bucket'; operation: string; le: number }
  | { kind: 'sum'; operation: string };

/** What one request adds, by the names of job_totals. */
export function requestTotals(request: SeenRequest): [name: string, count: number][] {
  const { api: operation, durationMs } = request;
  const outcome: RequestTotal = { kind: 'outcome', operation, outcome: wechatpayOutcome(request) };
  if (!wasSent(request)) return [[jobTotalName(outcome), 1]];
  const le = WECHATPAY_DURATION_BUCKETS_S.find((bound) => durationMs <= bound * 1000) ?? Number.POSITIVE_INFINITY;
  return [
    [jobTotalName(outcome), 1],
    [jobTotalName({ kind: 'bucket', operation, le }), 1],
    [jobTotalName({ kind: 'sum', operation }), Math.round(durationMs)],
  ];
}

export function jobTotalName(total: RequestTotal): string {
  const prefix = `wechatpay.${total.operation}`;
  switch (total.kind) {
    case 'outcome':
      return `${prefix}.outcome.${total.outcome}`;
    case 'bucket':
      return `${prefix}.le.${total.le === Number.POSITIVE_INFINITY ? 'inf' : total.le}`;
    case 'sum':
      return `${prefix}.sum_ms`;
  }
}

const REQUEST_TOTAL = /^wechatpay\.(?<operation>\w+)\.(?:outcome\.(?<outcome>\w+)|le\.(?<le>inf|[\d.]+)|sum_ms)$/;

/** Undefined for a count of the job's own. */
export function readRequestTotal(name: string): RequestTotal | undefined {
  const { operation, outcome, le } = REQUEST_TOTAL.exec(name)?.groups ?? {};
  if (operation === undefined) return undefined;
  if (outcome !== undefined) return { kind: 'outcome', operation, outcome };
  if (le === undefined) return { kind: 'sum', operation };
  return { kind: 'bucket', operation, le: le === 'inf' ? Number.POSITIVE_INFINITY : Number(le) };
}
