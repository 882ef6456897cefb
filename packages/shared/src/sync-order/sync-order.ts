import type { Clock } from '../clock/clock.ts';
import type { Witness } from '../events/payment-confirmed.ts';
import type { MicroBatchPublisher, OutgoingRecord } from '../kafka/micro-batch-publisher.ts';
import type { Mchid, OutTradeNo } from '../rules/wechat-fields.ts';
import type {
  PaidWechatOrder,
  QueryOrderOutcome,
  Refused,
  Unavailable,
  UnpaidWechatOrder,
  WechatPayClient,
} from '../wechatpay-api/outcomes.ts';
import { closedRecord, confirmedRecord } from './order-records.ts';

export type SyncDependencies = {
  /** Of the order's merchant. */
  client: WechatPayClient;
  publisher: Pick<MicroBatchPublisher, 'publish'>;
  clock: Clock;
  /** CloudEvents source: `/payguard/reconciler`, `/payguard/checkout`, … */
  source: string;
};

export type OrderToSync = {
  mchid: Mchid;
  outTradeNo: OutTradeNo;
  /** ms UTC: a close seen after it is an expiry, before it a cancellation. */
  expiresAt: number;
};

/** The event was not acknowledged in time. It may still arrive; whoever asked has to ask again. */
export type NotPublished = { outcome: 'not_published' };

export type SyncOutcome =
  /** payment.confirmed is acknowledged by all in-sync replicas. */
  | { outcome: 'paid'; order: PaidWechatOrder }
  /** payment.closed is. */
  | { outcome: 'closed'; tradeState: 'CLOSED' | 'REVOKED' }
  /** Nothing to publish: it may still be paid. */
  | { outcome: 'unpaid'; tradeState: Exclude<UnpaidWechatOrder['tradeState'], 'CLOSED' | 'REVOKED'> }
  | { outcome: 'not_exist' }
  | NotPublished
  | Unavailable
  | Refused;

/** A broker that takes longer is away; the next check asks and publishes again. */
const PUBLISH_TIMEOUT_MS = 5_000;

/**
 * Asks WeChat Pay about one order and publishes what it says, once acknowledged: the one way by which poll, checkout, bill,
 * repair and console learn of a payment. Only verified answers are published; anything else concludes nothing. An order
 * that does not exist is not published here: one sight of that closes nothing (invariant 6).
 */
export async function syncOrder(deps: SyncDependencies, order: OrderToSync, witness: Witness): Promise<SyncOutcome> {
  const answer = await deps.client.queryOrder(order.outTradeNo);
  return publishAnswer(deps, order, witness, answer);
}

/** What `syncOrder` does with an answer. */
export async function publishAnswer(
  deps: SyncDependencies,
  order: OrderToSync,
  witness: Witness,
  answer: QueryOrderOutcome,
): Promise<SyncOutcome> {
  if (answer.outcome !== 'found') return answer;
  const seen = { source: deps.source, now: deps.clock.now(), requestId: answer.requestId };
  switch (answer.order.tradeState) {
    case 'SUCCESS':
    case 'REFUND': {
      const published = await publish(deps, confirmedRecord(answer.order, witness, seen));
      return published ? { outcome: 'paid', order: answer.order } : { outcome: 'not_published' };
    }
    case 'CLOSED':
    case 'REVOKED': {
      const { tradeState } = answer.order;
      const reason = seen.now >= order.expiresAt ? 'expired' : 'cancelled';
      const published = await publish(deps, closedRecord({ ...order, tradeState, reason }, seen));
      return published ? { outcome: 'closed', tradeState } : { outcome: 'not_published' };
    }
    case 'NOTPAY':
    case 'USERPAYING':
    case 'PAYERROR':
      return { outcome: 'unpaid', tradeState: answer.order.tradeState };
  }
}

/** True when all in-sync replicas have it. */
export async function publish(deps: Pick<SyncDependencies, 'publisher'>, record: OutgoingRecord): Promise<boolean> {
  const result = await deps.publisher.publish(record, PUBLISH_TIMEOUT_MS);
  return result.kind === 'acknowledged';
}
