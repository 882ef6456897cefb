import type { RefundOutcome, Unavailable, WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import type { Registry } from 'prom-client';
import { Counter, Gauge, Histogram } from 'prom-client';

export type WechatCall = 'prepay' | 'query_order' | 'close_order' | 'send_refund' | 'query_refund';

/** From an order that is read to one that is prepaid; callers may wait a minute for a change (streams: ten). */
const DURATION_BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

const OUTCOMES: Record<WechatCall, readonly string[]> = {
  prepay: ['prepaid'],
  query_order: ['found', 'not_exist'],
  close_order: ['closed', 'already_paid'],
  send_refund: ['found', 'not_exist'],
  query_refund: ['found', 'not_exist'],
};
const FAILURES: readonly (Unavailable['reason'] | 'refused')[] = [
  'refused',
  'no_budget',
  'network',
  'timeout',
  'rate_limited',
  'server_error',
  'accepted',
  'untrusted',
  'not_wechatpay',
];

/** What any route may answer, and alerts look for. */
const SERVER_ERRORS = ['500', '503'];

export type CheckoutMetrics = {
  /** Makes a route known with the statuses it may answer: their counters begin at 0. */
  expect(route: string, statuses: readonly string[]): void;
  /** `route` is the pattern, never the path as called: labels stay few. */
  request(route: string, status: number, durationMs: number): void;
  wechatCall(call: WechatCall, outcome: string): void;
  observeWaiters(read: () => number): void;
};

export function createCheckoutMetrics(registry: Registry): CheckoutMetrics {
  const registers = [registry];
  const requests = new Counter({
    name: 'payguard_checkout_requests_total',
    help: 'Requests to the order API by route and status',
    labelNames: ['route', 'status'],
    registers,
  });
  const duration = new Histogram({
    name: 'payguard_checkout_request_duration_seconds',
    help: 'Requests to the order API from their arrival to the end of their answer; some wait on purpose',
    labelNames: ['route'],
    buckets: DURATION_BUCKETS_S,
    registers,
  });
  const calls = new Counter({
    name: 'payguard_checkout_wechat_calls_total',
    help: 'Calls to WeChat Pay by what came of them',
    labelNames: ['call', 'outcome'],
    registers,
  });
  for (const [call, outcomes] of Object.entries(OUTCOMES)) {
    for (const outcome of [...outcomes, ...FAILURES]) calls.inc({ call, outcome }, 0);
  }
  let waiters = () => 0;
  new Gauge({
    name: 'payguard_checkout_waiters',
    help: 'Requests that wait for an order to change',
    registers,
    collect() {
      this.set(waiters());
    },
  });
  return {
    expect(route, statuses) {
      duration.zero({ route });
      for (const status of [...statuses, ...SERVER_ERRORS]) requests.inc({ route, status }, 0);
    },
    request(route, status, durationMs) {
      requests.inc({ route, status });
      duration.observe({ route }, durationMs / 1000);
    },
    wechatCall: (call, outcome) => calls.inc({ call, outcome }),
    observeWaiters(read) {
      waiters = read;
    },
  };
}

/** The same client, with every call counted. Outcomes are the few of the types, and the reasons of `unavailable`. */
export function countCalls(client: WechatPayClient, metrics: CheckoutMetrics): WechatPayClient {
  const counted = async <T extends AnyOutcome>(call: WechatCall, answer: Promise<T>): Promise<T> => {
    const outcome = await answer;
    metrics.wechatCall(call, outcome.outcome === 'unavailable' ? outcome.reason : outcome.outcome);
    return outcome;
  };
  return {
    mchid: client.mchid,
    prepay: (request) => counted('prepay', client.prepay(request)),
    queryOrder: (outTradeNo) => counted('query_order', client.queryOrder(outTradeNo)),
    closeOrder: (outTradeNo) => counted('close_order', client.closeOrder(outTradeNo)),
    sendRefund: (request) => counted('send_refund', client.sendRefund(request)),
    queryRefund: (outRefundNo) => counted('query_refund', client.queryRefund(outRefundNo)),
  };
}

type AnyOutcome =
  | Unavailable
  | { outcome: Exclude<RefundOutcome['outcome'] | 'closed' | 'already_paid' | 'prepaid', 'unavailable'> };
