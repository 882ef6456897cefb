import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@payguard/shared/clock/clock';
import { appendAudit } from '@payguard/shared/database/audit-log';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import { type PaymentDecision, paymentDecisionSchema } from '@payguard/shared/events/payment-decision';
import type { MicroBatchPublisher, OutgoingRecord } from '@payguard/shared/kafka/micro-batch-publisher';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import { publish } from '@payguard/shared/sync-order/sync-order';
import type { Person } from '../commands/person-options.ts';
import type { HeldWithPayment, Verdict } from './choose-held.ts';
import { findHeld } from './held-payments.ts';

export type DecisionResult =
  | 'credited'
  /** Its refund is requested; the reconciler sends it. */
  | 'sent_back'
  | 'dismissed'
  /** Points has found that it differs from the order: nobody's decision overrides that (invariant 3). */
  | 'differs'
  /** Published, but points has not applied it yet; it will. */
  | 'waiting'
  /** Kafka did not acknowledge it in time. It may still arrive; decide it again. */
  | 'not_published';

export type DecisionDependencies = { pool: DatabasePool; publisher: MicroBatchPublisher; clock: Clock };

/** Points applies a decision in well under a second; after this it is not running, or has a backlog. */
const WAIT_MS = 30_000;
const LOOK_EVERY_MS = 250;
const SOURCE = '/payguard/review';

/**
 * Publishes a person's verdict, acknowledged, and waits until points has applied it. Noted in the audit log before it is
 * published, so that no decision is without its name.
 */
export async function decideHeld(
  { pool, publisher, clock }: DecisionDependencies,
  orderId: number,
  held: HeldWithPayment,
  decided: { verdict: Verdict; person: Person; approvedBy: string | null },
): Promise<DecisionResult> {
  const decision = toDecision(held, decided, clock.now());
  const entry = {
    actor: decided.person.by,
    action: `review.${decided.verdict}`,
    subject: orderKeyOf(decision),
    reason: decided.person.reason,
  };
  await appendAudit(pool, clock, { ...entry, before: held, after: decision });
  const acknowledged = await publish({ publisher }, decisionRecord(decision, clock.now()));
  return acknowledged ? awaitResult(pool, orderId, held, decided.verdict) : 'not_published';
}

function toDecision(
  held: HeldWithPayment,
  { verdict, person, approvedBy }: { verdict: Verdict; person: Person; approvedBy: string | null },
  now: number,
): PaymentDecision {
  return paymentDecisionSchema.parse({
    mchid: held.mchid,
    out_trade_no: held.outTradeNo,
    transaction_id: held.transactionId,
    verdict,
    by: person.by,
    approved_by: approvedBy,
    reason: person.reason,
    decided_at: new Date(now).toISOString(),
  });
}

function decisionRecord(decision: PaymentDecision, now: number): OutgoingRecord {
  const key = orderKeyOf(decision);
  const id = `decision:${key}:${decision.transaction_id}:${decision.verdict}:${now}`;
  const record = toKafkaRecord({ type: 'payment.decision', id, source: SOURCE, time: now, key, data: decision });
  return { topic: 'payment.decision', ...record };
}

async function awaitResult(
  pool: DatabasePool,
  orderId: number,
  held: HeldWithPayment,
  verdict: Verdict,
): Promise<DecisionResult> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const result = await readResult(pool, orderId, held, verdict);
    if (result !== null) return result;
    if (performance.now() > deadline) return 'waiting';
    await delay(LOOK_EVERY_MS);
  }
}

async function readResult(
  pool: DatabasePool,
  orderId: number,
  held: HeldWithPayment,
  verdict: Verdict,
): Promise<Exclude<DecisionResult, 'waiting' | 'not_published'> | null> {
  // Before the order: a payment that is no longer held by then has ended in it.
  const now = (await findHeld(pool, held)).find(({ transactionId }) => transactionId === held.transactionId);
  const [order]: { credited: number; refunds: number }[] = await pool.query(
    `SELECT credited_at IS NOT NULL AS credited, (SELECT COUNT(*) FROM refunds r WHERE r.order_id = o.id) AS refunds
       FROM payment_orders o WHERE o.id = ?`,
    [orderId],
  );
  if (order?.credited === 1) return 'credited';
  if ((order?.refunds ?? 0) > 0) return 'sent_back';
  if (now === undefined) return 'differs';
  return verdict === 'dismiss' && now.why === 'dismissed' ? 'dismissed' : null;
}
