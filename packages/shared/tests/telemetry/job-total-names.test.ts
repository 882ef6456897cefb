import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobTotalName, readRequestTotal, requestTotals } from '../../src/telemetry/job-total-names.ts';
import {
  WECHATPAY_DURATION_BUCKETS_S,
  WECHATPAY_OPERATIONS,
  WECHATPAY_OUTCOMES,
  wechatpayOutcome,
} from '../../src/telemetry/wechatpay-requests.ts';

/** The width of job_totals.name. */
const MAX_NAME = 64;

const operation = fc.constantFrom(...WECHATPAY_OPERATIONS);
const total = fc.oneof(
  fc.record({ kind: fc.constant('outcome' as const), operation, outcome: fc.constantFrom(...WECHATPAY_OUTCOMES) }),
  fc.record({
    kind: fc.constant('bucket' as const),
    operation,
    le: fc.constantFrom(...WECHATPAY_DURATION_BUCKETS_S, Number.POSITIVE_INFINITY),
  }),
  fc.record({ kind: fc.constant('sum' as const), operation }),
);

describe('the name of a total', () => {
  it('is read as what it was written from, and fits its column', () => {
    fc.assert(
      fc.property(total, (each) => {
        const name = jobTotalName(each);
        expect(name.length).toBeLessThanOrEqual(MAX_NAME);
        expect(readRequestTotal(name)).toEqual(each);
      }),
    );
  });

  it.each(['asked', 'paid', 'refund_not_exist', 'wechatpay', 'wechatpay.query', 'wechatpay.query.le.'])(
    "that is a job's own count (%s) is left alone",
    (name) => expect(readRequestTotal(name)).toBeUndefined(),
  );
});

describe('a request', () => {
  const request = { api: 'query', outcome: 'answered', code: null, durationMs: 120.4 };

  it('adds one to its outcome, one to the bucket its duration falls into, and its milliseconds', () => {
    expect(requestTotals(request)).toEqual([
      ['wechatpay.query.outcome.ok', 1],
      ['wechatpay.query.le.0.2', 1],
      ['wechatpay.query.sum_ms', 120],
    ]);
  });

  it('that lasts longer than the last bucket is counted behind it', () => {
    const names = requestTotals({ ...request, durationMs: 60_000 }).map(([name]) => name);
    expect(names).toContain('wechatpay.query.le.inf');
  });

  it('that the budget held back has no duration', () => {
    expect(requestTotals({ ...request, outcome: 'no_budget' })).toEqual([['wechatpay.query.outcome.no_budget', 1]]);
  });
});

describe('the outcome of a request', () => {
  it.each([
    ['answered', null, 'ok'],
    ['refused', 'ORDER_NOT_EXIST', 'not_found'],
    ['refused', 'ORDER_PAID', 'already_paid'],
    ['server_error', 'NOT_ENOUGH', 'not_enough'],
    ['refused', 'SIGN_ERROR', 'sign_error'],
    ['refused', 'WHAT_NOBODY_HAS_SEEN', 'refused'],
    ['rate_limited', 'FREQUENCY_LIMITED', 'rate_limited'],
    ['server_error', 'SYSTEM_ERROR', 'server_error'],
    ['untrusted', null, 'unverified'],
    ['timeout', null, 'timeout'],
    ['what a newer release says', null, 'other'],
  ])('%s with code %s is %s', (outcome, code, expected) => {
    expect(wechatpayOutcome({ outcome, code })).toBe(expected);
  });

  it('is one of a few, whatever WeChat Pay answers', () => {
    fc.assert(
      fc.property(fc.string(), fc.option(fc.string()), (outcome, code) => {
        expect(WECHATPAY_OUTCOMES).toContain(wechatpayOutcome({ outcome, code }));
      }),
    );
  });
});
