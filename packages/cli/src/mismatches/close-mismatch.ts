import { setTimeout as delay } from 'node:timers/promises';
import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { Clock } from '@payguard/shared/clock/clock';
import { appendAudit } from '@payguard/shared/database/audit-log';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import { type PaymentMismatch, paymentMismatchSchema } from '@payguard/shared/events/payment-mismatch';
import type { MicroBatchPublisher, OutgoingRecord } from '@payguard/shared/kafka/micro-batch-publisher';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import { publish } from '@payguard/shared/sync-order/sync-order';
import type { Person } from '../commands/person-options.ts';
import { findMismatches } from './find-mismatches.ts';

export type Closing = 'resolved' | 'dismissed';

export type CloseResult =
  | { kind: 'closed' }
  /** Somebody else was faster, and that stands. */
  | { kind: 'closed_before'; mismatch: MismatchView }
  /** Published, but the alerter has not applied it yet; it will. */
  | { kind: 'waiting' }
  /** Kafka did not acknowledge it in time. It may still arrive; close it again. */
  | { kind: 'not_published' };

/** The alerter applies an event in well under a second; after this it is not running, or has a backlog. */
const WAIT_MS = 30_000;
const LOOK_EVERY_MS = 250;
const SOURCE = '/payguard/mismatch';

/**
 * Publishes that a person has closed a mismatch, acknowledged, and waits until the alerter has applied it. Noted in the
 * audit log before, so that none is closed without a name.
 */
export async function closeMismatch(
  { pool, publisher, clock }: { pool: DatabasePool; publisher: MicroBatchPublisher; clock: Clock },
  mismatch: MismatchView,
  { closing, person }: { closing: Closing; person: Person },
): Promise<CloseResult> {
  const event = toEvent(mismatch, closing, person, clock.now());
  await appendAudit(pool, clock, {
    actor: person.by,
    action: closing === 'resolved' ? 'mismatch.resolve' : 'mismatch.dismiss',
    subject: `mismatch:${mismatch.id}`,
    reason: person.reason,
    before: mismatch,
    after: event,
  });
  const isAcknowledged = await publish({ publisher }, toRecord(event, clock.now()));
  return isAcknowledged ? awaitClosed(pool, event) : { kind: 'not_published' };
}

function toEvent(mismatch: MismatchView, closing: Closing, { by, reason }: Person, now: number): PaymentMismatch {
  const { detectedAt: _detectedAt, stateAt: _stateAt, handledBy: _by, handledReason: _reason, ...facts } = mismatch;
  return paymentMismatchSchema.parse({
    ...facts,
    state: closing,
    detected_at: new Date(now).toISOString(),
    handled_by: by,
    handled_reason: reason,
  });
}

/** The key of its other events, so that they are handled one after the other. */
function toRecord(event: PaymentMismatch, now: number): OutgoingRecord {
  const { id, state, mchid, out_trade_no } = event;
  const key = out_trade_no === null ? null : orderKeyOf({ mchid, out_trade_no });
  const record = toKafkaRecord({
    type: 'payment.mismatch',
    id: `${id}:${state}:${now}`,
    source: SOURCE,
    time: now,
    key,
    data: event,
  });
  return { topic: 'payment.mismatch', ...record };
}

async function awaitClosed(pool: DatabasePool, event: PaymentMismatch): Promise<CloseResult> {
  const deadline = performance.now() + WAIT_MS;
  for (;;) {
    const [mismatch] = await findMismatches(pool, { id: event.id });
    if (mismatch !== undefined && isClosed(mismatch)) {
      const isOurs = mismatch.state === event.state && mismatch.stateAt === Date.parse(event.detected_at);
      return isOurs ? { kind: 'closed' } : { kind: 'closed_before', mismatch };
    }
    if (performance.now() > deadline) return { kind: 'waiting' };
    await delay(LOOK_EVERY_MS);
  }
}

/** True when a person has closed it. */
export function isClosed({ state }: MismatchView): boolean {
  return state === 'resolved' || state === 'dismissed';
}
