import type { DecodedEvent } from '@payguard/shared/events/cloud-event';
import { fromKafkaMessage } from '@payguard/shared/events/cloud-event';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import type { OrderEvent, OrderTopic, ReceivedEvent } from './order-event.ts';
import { isOrderTopic } from './order-event.ts';

export type DecodedRecord =
  | { kind: 'event'; received: ReceivedEvent; record: ConsumedRecord }
  | { kind: 'malformed'; reason: string; record: ConsumedRecord };

/** Reads one record into an order event. A record of an unknown major version never gets here: its partition is paused. */
export function decodeRecord(record: ConsumedRecord): DecodedRecord {
  const { topic, partition, message } = record;
  if (!isOrderTopic(topic)) return { kind: 'malformed', reason: `topic ${topic} carries no order events`, record };
  const event = decodeEvent(topic, message);
  if (event.kind === 'malformed') return { kind: 'malformed', reason: event.reason, record };
  const source = { topic, partition, offset: message.offset };
  return { kind: 'event', received: { event: event.event, source, traceparent: event.traceparent }, record };
}

type EventOrReason =
  | { kind: 'event'; event: OrderEvent; traceparent: string | undefined }
  | { kind: 'malformed'; reason: string };

function decodeEvent(topic: OrderTopic, message: ConsumedRecord['message']): EventOrReason {
  switch (topic) {
    case 'payment.confirmed':
      return toEvent(fromKafkaMessage(topic, message), (data) => ({ kind: 'confirmed', data }));
    case 'payment.refunded':
      return toEvent(fromKafkaMessage(topic, message), (data) => ({ kind: 'refunded', data }));
    case 'payment.closed':
      return toEvent(fromKafkaMessage(topic, message), (data) => ({ kind: 'closed', data }));
    case 'payment.decision':
      return toEvent(fromKafkaMessage(topic, message), (data) => ({ kind: 'decision', data }));
  }
}

function toEvent<T extends OrderTopic>(
  decoded: DecodedEvent<T>,
  wrap: (data: Extract<DecodedEvent<T>, { kind: 'event' }>['data']) => OrderEvent,
): EventOrReason {
  switch (decoded.kind) {
    case 'event':
      return { kind: 'event', event: wrap(decoded.data), traceparent: decoded.traceparent };
    case 'unknown_version':
      return { kind: 'malformed', reason: `ce_type ${decoded.ceType} is of a newer release` };
    case 'malformed':
      return { kind: 'malformed', reason: decoded.reason };
  }
}
