import type { RefundOutcome, Unavailable, WechatPayClient } from '@payguard/shared/wechatpay-api/outcomes';
import type { Registry } from 'prom-client';
import { Counter, Gauge } from 'prom-client';

export type WechatCall = 'prepay' | 'query_order' | 'close_order' | 'send_refund' | 'query_refund';

export type CheckoutMetrics = {
  /** `route` is the pattern, never the path as called: labels stay few. */
  request(route: string, status: number): void;
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
  const calls = new Counter({
    name: 'payguard_checkout_wechat_calls_total',
    help: 'Calls to WeChat Pay by what came of them',
    labelNames: ['call', 'outcome'],
    registers,
  });
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
    request: (route, status) => requests.inc({ route, status }),
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
