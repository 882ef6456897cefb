import type { PaymentClosed } from '@payguard/shared/events/payment-closed';
import type { PaymentConfirmed } from '@payguard/shared/events/payment-confirmed';
import type { PaymentDecision } from '@payguard/shared/events/payment-decision';
import type { PaymentRefunded } from '@payguard/shared/events/payment-refunded';

/** What can happen to an order, whoever saw it. */
export type OrderEvent =
  | { kind: 'confirmed'; data: PaymentConfirmed }
  | { kind: 'refunded'; data: PaymentRefunded }
  | { kind: 'closed'; data: PaymentClosed }
  | { kind: 'decision'; data: PaymentDecision };

/** The topics that carry order events, and which kind each carries. */
export const ORDER_TOPICS = {
  'payment.confirmed': 'confirmed',
  'payment.refunded': 'refunded',
  'payment.closed': 'closed',
  'payment.decision': 'decision',
} as const;

export type OrderTopic = keyof typeof ORDER_TOPICS;

export function isOrderTopic(topic: string): topic is OrderTopic {
  return Object.hasOwn(ORDER_TOPICS, topic);
}

/** The Kafka record an event came in: its name in the ledger, so that a redelivery is told from a second witness. */
export type RecordSource = { topic: string; partition: number; offset: string };

export function sourceText(source: RecordSource): string {
  return `${source.topic}:${source.partition}:${source.offset}`;
}

/** `traceparent`: the span that whatever comes of it goes on from. */
export type ReceivedEvent = { event: OrderEvent; source: RecordSource; traceparent?: string | undefined };

/** Two events with the same key say the same thing of the same order; one of them parked is enough. */
export function eventKey(event: OrderEvent): string {
  switch (event.kind) {
    case 'confirmed':
      return `confirmed:${event.data.transaction_id}:${event.data.witness}:${event.data.observed_at}`;
    case 'refunded':
      return `refunded:${event.data.out_refund_no}:${event.data.status}`;
    case 'closed':
      return `closed:${event.data.reason}:${event.data.observed_at}`;
    case 'decision':
      return `decision:${event.data.transaction_id}:${event.data.verdict}`;
  }
}
