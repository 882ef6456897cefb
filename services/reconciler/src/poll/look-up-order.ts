import { mchidSchema, outTradeNoSchema } from '@payguard/shared/rules/wechat-fields';
import { closeOrder, LONGEST_ORDER_LIFE_MS, publishClosed } from '@payguard/shared/sync-order/close-order';
import { type OrderToSync, type SyncDependencies, syncOrder } from '@payguard/shared/sync-order/sync-order';
import type { Verdict } from './circuit.ts';
import { type ClaimedCheck, renewLease } from './claim-orders.ts';
import { counterOf, verdictOf } from './judge-answer.ts';
import { leasedClient } from './leased-client.ts';
import {
  expiryOf,
  isReportDue,
  type NextCheck,
  type OrderAnswer,
  planAfterAnswer,
  planGivenBack,
  planUnaskable,
  planWaiting,
  whyGivenUp,
  withReport,
} from './next-order-check.ts';
import { type MerchantPoll, SOURCE } from './poll-dependencies.ts';
import { mayHaveOpenMatters, type OrderFacts, readOpenMatters, standingOf } from './read-orders.ts';
import { reportUncredited } from './report-uncredited.ts';

export type ClaimedOrder = { check: ClaimedCheck; order: OrderFacts | undefined };

export type LookedUp = {
  next: NextCheck | 'none';
  verdict: Verdict;
  /** What to plan instead when WeChat Pay turns out to be away: given back as it was. */
  givenBack: NextCheck | 'none';
};

/** One look at a claimed order: asks WeChat Pay if there is anything to ask, publishes the answer, plans the next look. */
export async function lookUpOrder(poll: MerchantPoll, { check, order }: ClaimedOrder): Promise<LookedUp> {
  if (order === undefined) return unasked('none');
  const term = { createdAt: order.createdAt, expiresAt: expiryOf(order) };
  const givenBack = planGivenBack(term, check, check.dueAt, poll.clock.now());
  const standing = mayHaveOpenMatters(order) ? standingOf(order, await readOpenMatters(poll.pool, order)) : 'ask';
  if (standing === 'none') return unasked('none');
  if (standing === 'wait') return unasked(planWaiting(term, check, poll.clock.now(), poll.chance()));

  const named = toOrderToSync(order, term.expiresAt);
  if (named === undefined) {
    poll.log.warn({ orderId: order.id, outTradeNo: order.outTradeNo }, 'order number is none of WeChat Pay, not asked');
    poll.counts.add('unaskable');
    return unasked(planUnaskable(check, poll.clock.now(), poll.chance()));
  }
  const answer = await ask(poll, check, named, term);
  countAndLog(poll, named, answer);
  const verdict = verdictOf(answer);
  if (verdict === 'unsent') return { next: givenBack, verdict, givenBack };
  const next = planAfterAnswer(term, check, answer, poll.clock.now(), poll.chance());
  return { next: await reportIfDue(poll, check, answer, next), verdict, givenBack };
}

/**
 * Before its end an order is asked about; after it, closed: only then can it no longer be paid. After seven
 * days WeChat Pay closes nothing any more and its word NOTPAY is enough (invariant 6).
 */
async function ask(
  poll: MerchantPoll,
  check: ClaimedCheck,
  order: OrderToSync,
  term: { createdAt: number; expiresAt: number },
): Promise<OrderAnswer> {
  const { clock, publisher, pool, stop } = poll;
  const renew = () => renewLease(pool, check, clock.now());
  const client = leasedClient(poll.client, { lease: check.lease, clock, renew, stop });
  const deps: SyncDependencies = { client, publisher, clock, source: SOURCE };
  if (clock.now() < order.expiresAt) return syncOrder(deps, order, 'query');
  const isTooOld = clock.now() > term.createdAt + LONGEST_ORDER_LIFE_MS;
  const answer = isTooOld ? await syncOrder(deps, order, 'query') : await closeOrder(deps, order, 'query');
  const tradeState = whyGivenUp(term, check, answer, clock.now());
  if (tradeState === undefined) return answer;
  const published = await publishClosed(deps, order, tradeState);
  return published ? { outcome: 'given_up', tradeState } : { outcome: 'not_published' };
}

/** Told first, noted second: a crash in between tells it twice, under the same id. */
async function reportIfDue(
  poll: MerchantPoll,
  check: ClaimedCheck,
  answer: OrderAnswer,
  next: NextCheck,
): Promise<NextCheck> {
  if (answer.outcome !== 'paid' || !isReportDue(check, poll.clock.now())) return next;
  const report = await reportUncredited(poll, check.orderId, answer.order);
  if (report === 'needless') return next;
  if (report === 'told') poll.counts.add('paid_not_recorded');
  return withReport(next, report === 'told', poll.clock.now());
}

function countAndLog(poll: MerchantPoll, { mchid, outTradeNo }: OrderToSync, answer: OrderAnswer): void {
  if (verdictOf(answer) !== 'unsent') poll.counts.add('asked');
  poll.counts.add(counterOf(answer));
  const fields = { mchid, outTradeNo, ...answer };
  if (answer.outcome === 'refused') poll.log.error(fields, 'WeChat Pay refuses to be asked');
  else if (answer.outcome === 'paid') poll.log.info({ mchid, outTradeNo, outcome: 'paid' }, 'payment found by asking');
  else poll.log.debug(fields, 'asked');
}

function toOrderToSync(order: OrderFacts, expiresAt: number): OrderToSync | undefined {
  const mchid = mchidSchema.safeParse(order.mchid);
  const outTradeNo = outTradeNoSchema.safeParse(order.outTradeNo);
  return mchid.success && outTradeNo.success
    ? { mchid: mchid.data, outTradeNo: outTradeNo.data, expiresAt }
    : undefined;
}

function unasked(next: NextCheck | 'none'): LookedUp {
  return { next, verdict: 'unsent', givenBack: next };
}
