import { requestTotals } from '@payguard/shared/telemetry/job-total-names';
import type { SeenRequest } from '@payguard/shared/telemetry/wechatpay-requests';
import { type Counts, createCounts } from './counts.ts';

/** What a run has asked WeChat Pay, under the names of job_totals. */
export type RequestCounts = Pick<Counts, 'all'> & { note(request: SeenRequest): void };

export function createRequestCounts(): RequestCounts {
  const { add, all } = createCounts();
  return {
    all,
    note(request) {
      for (const [name, count] of requestTotals(request)) add(name, count);
    },
  };
}
