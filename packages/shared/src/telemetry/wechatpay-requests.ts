/** How requests to WeChat Pay are counted, live by services and in job_totals by jobs: under the same names. */

/** One HTTP request, or `no_budget`: the one that was not made. */
export type SeenRequest = {
  api: string;
  outcome: string;
  code: string | null;
  durationMs: number;
};

export const WECHATPAY_OPERATIONS = ['query', 'close', 'prepay', 'refund', 'refund_query'] as const;

/** What a request can have come to; a code of WeChat Pay's is never a label by itself, so that labels stay few. */
export const WECHATPAY_OUTCOMES = [
  'ok',
  // Answers that a healthy day has too.
  'not_found',
  'already_paid',
  'already_closed',
  'accepted',
  'not_ready',
  'not_enough',
  'signature_test',
  // Refusals that somebody has to mend.
  'sign_error',
  'no_auth',
  'param_error',
  'refused',
  // No answer, or none that can be believed.
  'rate_limited',
  'server_error',
  'network',
  'timeout',
  'unverified',
  'not_wechatpay',
  'no_budget',
  'other',
] as const;

export type WechatpayOutcome = (typeof WECHATPAY_OUTCOMES)[number];

/** To the time-outs of the attempts (2, 2.5 and 4 s) and the moment after the last. */
export const WECHATPAY_DURATION_BUCKETS_S = [0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 2.5, 4, 5];

export const WECHATPAY_REQUESTS = {
  name: 'payguard_wechatpay_requests_total',
  help: 'Requests to the WeChat Pay API by what came of them; repeats count, and requests the budget held back (no_budget)',
  labelNames: ['task', 'operation', 'outcome'],
} as const;

export const WECHATPAY_DURATION = {
  name: 'payguard_wechatpay_request_duration_seconds',
  help: 'One request to the WeChat Pay API, from sending to its verified answer',
  labelNames: ['task', 'operation'],
  buckets: WECHATPAY_DURATION_BUCKETS_S,
} as const;

/** Error codes that mean something of their own (facts: page 4012081717 and those of each API). */
const OUTCOME_OF_CODE: ReadonlyMap<string, WechatpayOutcome> = new Map([
  ['ORDER_NOT_EXIST', 'not_found'],
  ['RESOURCE_NOT_EXISTS', 'not_found'],
  ['NO_STATEMENT_EXIST', 'not_found'],
  ['ORDER_PAID', 'already_paid'],
  ['ORDER_CLOSED', 'already_closed'],
  ['NOT_ENOUGH', 'not_enough'],
  ['STATEMENT_CREATING', 'not_ready'],
  ['SIGN_ERROR', 'sign_error'],
  ['NO_AUTH', 'no_auth'],
  ['PARAM_ERROR', 'param_error'],
  ['INVALID_REQUEST', 'param_error'],
]);

const OUTCOMES: ReadonlySet<string> = new Set(WECHATPAY_OUTCOMES);

export function wechatpayOutcome({ outcome, code }: Pick<SeenRequest, 'outcome' | 'code'>): WechatpayOutcome {
  const byCode = OUTCOME_OF_CODE.get(code ?? '');
  if (byCode !== undefined) return byCode;
  if (outcome === 'answered') return 'ok';
  if (outcome === 'untrusted') return 'unverified';
  return isOutcome(outcome) ? outcome : 'other';
}

function isOutcome(text: string): text is WechatpayOutcome {
  return OUTCOMES.has(text);
}

/** False for the one that the budget held back: it took no time of WeChat Pay's. */
export function wasSent({ outcome }: Pick<SeenRequest, 'outcome'>): boolean {
  return outcome !== 'no_budget';
}
