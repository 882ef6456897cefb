import { fromKafkaMessage } from '@payguard/shared/events/cloud-event';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import type { SeenMismatch } from './mismatches/join-events.ts';
import { toMismatch } from './mismatches/merge-mismatch.ts';
import type { SeenCredit } from './shop/shop-notifications.ts';

export const ALERTER_TOPICS = ['payment.mismatch', 'points.credited'] as const;

export type AlerterEvent = ({ kind: 'mismatch' } & SeenMismatch) | ({ kind: 'credit' } & SeenCredit);

export type DecodedRecord =
  | { kind: 'event'; event: AlerterEvent; record: ConsumedRecord }
  | { kind: 'malformed'; reason: string; record: ConsumedRecord };

/** Reads one record. One of an unknown major version never gets here: its partition is paused. */
export function decodeRecord(record: ConsumedRecord): DecodedRecord {
  switch (record.topic) {
    case 'payment.mismatch':
      return decodeMismatch(record);
    case 'points.credited':
      return decodeCredit(record);
    default:
      return { kind: 'malformed', reason: `topic ${record.topic} is not the alerter's`, record };
  }
}

function decodeMismatch(record: ConsumedRecord): DecodedRecord {
  const decoded = fromKafkaMessage('payment.mismatch', record.message);
  if (decoded.kind !== 'event') return { kind: 'malformed', reason: reasonOf(decoded), record };
  const { data, traceparent } = decoded;
  const reason = whyNobodyClosed(data);
  if (reason !== null) return { kind: 'malformed', reason, record };
  return { kind: 'event', event: { kind: 'mismatch', mismatch: toMismatch(data), traceparent }, record };
}

function decodeCredit(record: ConsumedRecord): DecodedRecord {
  const decoded = fromKafkaMessage('points.credited', record.message);
  if (decoded.kind !== 'event') return { kind: 'malformed', reason: reasonOf(decoded), record };
  const { id, data, traceparent } = decoded;
  return { kind: 'event', event: { kind: 'credit', id, credit: data, traceparent }, record };
}

/** Invariant 7: what a person closes has a name and a reason. */
function whyNobodyClosed({ state, handled_by, handled_reason }: PaymentMismatch): string | null {
  if (state === 'open' || state === 'auto_repaired') return null;
  if (!handled_by) return `handled_by: a mismatch is ${state} by a named person only`;
  return handled_reason ? null : `handled_reason: a mismatch is ${state} for a reason only`;
}

function reasonOf(
  decoded: { kind: 'malformed'; reason: string } | { kind: 'unknown_version'; ceType: string },
): string {
  return decoded.kind === 'malformed' ? decoded.reason : `ce_type ${decoded.ceType} is of a newer release`;
}
