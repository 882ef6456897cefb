import type { Registry } from 'prom-client';
import { Counter, Histogram } from 'prom-client';
import {
  type SeenRequest,
  WECHATPAY_DURATION,
  WECHATPAY_OPERATIONS,
  WECHATPAY_OUTCOMES,
  WECHATPAY_REQUESTS,
  wasSent,
  wechatpayOutcome,
} from './wechatpay-requests.ts';

/** Counts this process's own requests to WeChat Pay, as `task`; what it answers is to be told of each. */
export function createWechatpayRequestMetrics(registry: Registry, task: string): (request: SeenRequest) => void {
  const registers = [registry];
  const requests = new Counter({ ...WECHATPAY_REQUESTS, registers });
  const durations = new Histogram({ ...WECHATPAY_DURATION, buckets: [...WECHATPAY_DURATION.buckets], registers });
  for (const operation of WECHATPAY_OPERATIONS) {
    durations.zero({ task, operation });
    for (const outcome of WECHATPAY_OUTCOMES) requests.inc({ task, operation, outcome }, 0);
  }
  return (request) => {
    const operation = request.api;
    requests.inc({ task, operation, outcome: wechatpayOutcome(request) });
    if (wasSent(request)) durations.observe({ task, operation }, request.durationMs / 1000);
  };
}
