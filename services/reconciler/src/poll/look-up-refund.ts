import { mismatchRecord } from '@payguard/shared/sync-order/order-records';
import { publish } from '@payguard/shared/sync-order/sync-order';
import { type SyncRefundOutcome, syncRefund } from '@payguard/shared/sync-order/sync-refund';
import type { RefundRequest } from '@payguard/shared/wechatpay-api/outcomes';
import type { Verdict } from './circuit.ts';
import { type ClaimedRefund, renewRefundLease, settleRefund } from './claim-refunds.ts';
import { counterOf, verdictOf } from './judge-answer.ts';
import { askingOnly, leasedClient } from './leased-client.ts';
import { type NextRefundCheck, planAfterRefund, planIncompleteRefund } from './next-refund-check.ts';
import { type MerchantPoll, SOURCE } from './poll-dependencies.ts';

/** One look at a claimed refund: sends it or asks how it stands, publishes the answer, plans the next look. */
export async function lookUpRefund(poll: MerchantPoll, refund: ClaimedRefund): Promise<Verdict> {
  const request = toRequest(refund, poll.merchant.notifyUrl);
  if (request === undefined) {
    poll.log.error(fieldsOf(refund), 'refund lacks what a request needs (notifyUrl, amount or payment), not sent');
    await settle(poll, refund, planIncompleteRefund(poll.clock.now()), 'INCOMPLETE');
    return 'unsent';
  }
  const answer = await sync(poll, refund, request);
  poll.counts.add('refunds_asked');
  poll.counts.add(`refund_${counterOf(answer)}`);
  if (answer.outcome === 'refused') poll.log.error({ ...fieldsOf(refund), ...answer }, 'WeChat Pay refuses the refund');
  const look = { attempts: refund.attempts, isNewAtWechatPay: isOurs(refund) };
  const next = planAfterRefund(answer, look, poll.clock.now());
  await settle(poll, refund, next, wechatStatusOf(answer));
  return verdictOf(answer);
}

async function sync(poll: MerchantPoll, refund: ClaimedRefund, request: RefundRequest): Promise<SyncRefundOutcome> {
  const { clock, publisher, pool, stop } = poll;
  const renew = () => renewRefundLease(pool, refund, clock.now());
  const held = leasedClient(poll.client, { lease: refund.lease, clock, renew, stop });
  const deps = { client: isOurs(refund) ? held : askingOnly(held), publisher, clock, source: SOURCE };
  return syncRefund(deps, { request, isNew: isOurs(refund) && refund.attempts === 1 });
}

/** A person is told once; told first, noted second. */
async function settle(
  poll: MerchantPoll,
  refund: ClaimedRefund,
  next: NextRefundCheck,
  wechatStatus: string,
): Promise<void> {
  let { reportedAt } = refund;
  if (next.needsPerson && reportedAt === null && (await report(poll, refund, wechatStatus))) {
    reportedAt = poll.clock.now();
    poll.counts.add('refund_mismatch');
  }
  await settleRefund(poll.pool, refund, next, reportedAt);
}

async function report(poll: MerchantPoll, refund: ClaimedRefund, wechatStatus: string): Promise<boolean> {
  if (refund.outTradeNo === null) return false;
  const record = mismatchRecord(
    {
      kind: 'refund_mismatch',
      mchid: refund.mchid,
      outTradeNo: refund.outTradeNo,
      transactionId: refund.transactionId,
      refundId: refund.refundId ?? refund.outRefundNo,
      systemStatus: refund.status,
      wechatStatus,
      systemAmount: refund.amount,
      wechatAmount: null,
    },
    { source: SOURCE, now: poll.clock.now(), requestId: null },
  );
  return publish(poll, record);
}

function toRequest(refund: ClaimedRefund, notifyUrl: string | undefined): RefundRequest | undefined {
  const { transactionId, outTradeNo, amountTotal, outRefundNo, amount, reason } = refund;
  const asked = { outRefundNo, amountRefund: amount, reason };
  if (!isOurs(refund)) {
    // Only its number is asked for.
    return { ...asked, transactionId: '', outTradeNo: '', amountTotal: 0, notifyUrl: '' };
  }
  if (outTradeNo === null || amountTotal === null || transactionId === null || notifyUrl === undefined)
    return undefined;
  return { ...asked, transactionId, outTradeNo, amountTotal, notifyUrl };
}

/** Ours to send; any other WeChat Pay has told of. */
function isOurs({ status }: ClaimedRefund): boolean {
  return status === 'requested';
}

/** At most 64 characters, as the event has it. */
function wechatStatusOf(answer: SyncRefundOutcome): string {
  if (answer.outcome === 'refused') return answer.code.slice(0, 64);
  return answer.outcome === 'published' ? answer.refund.status : answer.outcome.toUpperCase();
}

function fieldsOf({ mchid, outTradeNo, outRefundNo, status }: ClaimedRefund) {
  return { mchid, outTradeNo, outRefundNo, status };
}
