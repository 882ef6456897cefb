import type { RefundOutcome, RefundRequest, WechatRefund } from '../wechatpay-api/outcomes.ts';
import { refundedRecord } from './order-records.ts';
import { publish, type SyncDependencies } from './sync-order.ts';

export type RefundToSync = {
  request: RefundRequest;
  /** Nothing has ever been sent for it: only then may it be sent without asking first. */
  isNew: boolean;
};

export type SyncRefundOutcome =
  | { outcome: 'published'; refund: WechatRefund }
  | { outcome: 'not_published' }
  | Exclude<RefundOutcome, { outcome: 'found' }>;

/**
 * Brings a refund forward: sends it if WeChat Pay does not know it, else asks how it stands, and publishes the answer. The
 * same out_refund_no every time, and asked before it is sent again (page 4013071036): it is never refunded twice.
 * Before a new one is sent, the caller has to have noted that in the database.
 */
export async function syncRefund(deps: SyncDependencies, { request, isNew }: RefundToSync): Promise<SyncRefundOutcome> {
  const known = isNew ? undefined : await deps.client.queryRefund(request.outRefundNo);
  const mustSend = known === undefined || known.outcome === 'not_exist';
  const answer = mustSend ? await deps.client.sendRefund(request) : known;
  if (answer.outcome !== 'found') return answer;
  const seen = { source: deps.source, now: deps.clock.now(), requestId: answer.requestId };
  const published = await publish(deps, refundedRecord(deps.client.mchid, answer.refund, seen));
  return published ? { outcome: 'published', refund: answer.refund } : { outcome: 'not_published' };
}
