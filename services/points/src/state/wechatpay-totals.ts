import type { RequestTotal } from '@payguard/shared/telemetry/job-total-names';
import {
  WECHATPAY_DURATION,
  WECHATPAY_OPERATIONS,
  WECHATPAY_OUTCOMES,
  WECHATPAY_REQUESTS,
} from '@payguard/shared/telemetry/wechatpay-requests';
import { Counter, type Registry } from 'prom-client';
import { TotalsHistogram, type TotalsSeries } from './totals-histogram.ts';

export type NamedTotal = { task: string; total: RequestTotal; value: number };

/** Jobs' requests to WeChat Pay, under the names that services count theirs with. */
export function createWechatpayTotals(registry: Registry): { show(totals: readonly NamedTotal[]): void } {
  const registers = [registry];
  const requests = new Counter({ ...WECHATPAY_REQUESTS, registers });
  const durations = new TotalsHistogram({
    ...WECHATPAY_DURATION,
    buckets: [...WECHATPAY_DURATION.buckets],
    registers,
  });
  return {
    show(totals) {
      requests.reset();
      // A shop without orders is told from one whose requests nobody counts.
      const tasks = new Set(['poll', ...totals.map((each) => each.task)]);
      for (const task of tasks) {
        for (const operation of WECHATPAY_OPERATIONS) {
          for (const outcome of WECHATPAY_OUTCOMES) requests.inc({ task, operation, outcome }, 0);
        }
      }
      for (const { task, total, value } of totals) {
        if (total.kind !== 'outcome') continue;
        requests.inc({ task, operation: total.operation, outcome: total.outcome }, value);
      }
      durations.show(toSeries(tasks, totals));
    },
  };
}

/** Every operation of each task, from zero on: a rate sees the first request, too. */
function toSeries(tasks: ReadonlySet<string>, totals: readonly NamedTotal[]): TotalsSeries[] {
  const byLabels = new Map<string, TotalsSeries>();
  const seriesOf = (task: string, operation: string): TotalsSeries => {
    const key = `${task} ${operation}`;
    const series = byLabels.get(key) ?? { labels: { task, operation }, counts: new Map(), sum: 0 };
    byLabels.set(key, series);
    return series;
  };
  for (const task of tasks) {
    for (const operation of WECHATPAY_OPERATIONS) seriesOf(task, operation);
  }
  for (const { task, total, value } of totals) {
    if (total.kind === 'outcome') continue;
    const series = seriesOf(task, total.operation);
    if (total.kind === 'bucket') series.counts.set(total.le, value);
    else series.sum = value / 1000;
  }
  return [...byLabels.values()];
}
