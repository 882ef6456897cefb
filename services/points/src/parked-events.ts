import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { paymentClosedSchema } from '@payguard/shared/events/payment-closed';
import { paymentConfirmedSchema } from '@payguard/shared/events/payment-confirmed';
import { paymentDecisionSchema } from '@payguard/shared/events/payment-decision';
import { paymentRefundedSchema } from '@payguard/shared/events/payment-refunded';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import { z } from 'zod';
import type { ParkReason } from './decide.ts';
import type { FoldedOrder, WaitingEvent } from './fold-order.ts';
import { eventKey } from './order-event.ts';
import type { OrderState } from './order-state.ts';

/** An event nobody has an order for is reported after this long: orders can appear without an event. */
export const UNKNOWN_ORDER_AFTER_MS = 10 * 60_000;

/** What stands in the column `event`. */
const storedEventSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('confirmed'), data: paymentConfirmedSchema }),
  z.object({ kind: z.literal('refunded'), data: paymentRefundedSchema }),
  z.object({ kind: z.literal('closed'), data: paymentClosedSchema }),
  z.object({ kind: z.literal('decision'), data: paymentDecisionSchema }),
]);

export type ParkedRow = {
  id: number;
  mchid: string;
  out_trade_no: string;
  reason: ParkReason;
  event: string;
  kafka_topic: string;
  kafka_partition: number;
  kafka_offset: number;
};

export const PARKED_COLUMNS = 'id, mchid, out_trade_no, reason, event, kafka_topic, kafka_partition, kafka_offset';

export function toWaitingEvent(row: ParkedRow): WaitingEvent {
  return {
    event: storedEventSchema.parse(JSON.parse(row.event)),
    source: { topic: row.kafka_topic, partition: row.kafka_partition, offset: String(row.kafka_offset) },
    parkedId: row.id,
    reason: row.reason,
  };
}

/** What waits for these orders, by order id, oldest first. */
export async function loadWaiting(
  connection: DatabaseConnection,
  orders: OrderState[],
): Promise<Map<number, WaitingEvent[]>> {
  const byOrder = new Map<number, WaitingEvent[]>();
  const idByKey = new Map(
    orders.map((order) => [orderKeyOf({ mchid: order.mchid, out_trade_no: order.outTradeNo }), order.id]),
  );
  for (const mchid of new Set(orders.map((order) => order.mchid))) {
    const numbers = orders.filter((order) => order.mchid === mchid).map((order) => order.outTradeNo);
    const rows: ParkedRow[] = await connection.query(
      `SELECT ${PARKED_COLUMNS} FROM parked_events
       WHERE mchid = ? AND out_trade_no IN (?) AND state = 'waiting' ORDER BY id`,
      [mchid, numbers],
    );
    for (const row of rows) {
      const id = idByKey.get(orderKeyOf(row)) ?? 0;
      byOrder.set(id, [...(byOrder.get(id) ?? []), toWaitingEvent(row)]);
    }
  }
  return byOrder;
}

/** Keeps events that cannot apply yet. One that says the same as a parked one changes nothing. */
export async function parkEvents(
  connection: DatabaseConnection,
  events: readonly WaitingEvent[],
  now: number,
): Promise<void> {
  if (events.length === 0) return;
  await insertRows(
    connection,
    `INSERT INTO parked_events (mchid, out_trade_no, event_key, reason, event, kafka_topic, kafka_partition,
                                kafka_offset, parked_at, next_check_at) VALUES`,
    events.map(({ event, source, reason }) => [
      event.data.mchid,
      event.data.out_trade_no,
      eventKey(event),
      reason,
      JSON.stringify(event),
      source.topic,
      source.partition,
      Number(source.offset),
      utcText(now),
      utcText(now + UNKNOWN_ORDER_AFTER_MS),
    ]),
    'ON DUPLICATE KEY UPDATE event_key = VALUES(event_key)',
  );
}

/**
 * Marks what was applied. The rows go only after the announcements are out, so that a crash in between cannot lose one;
 * rows that still wait, but no longer for the order to exist, say so.
 */
export async function settleParked(
  connection: DatabaseConnection,
  folded: readonly FoldedOrder[],
  now: number,
): Promise<void> {
  for (const event of folded.flatMap(({ reparked }) => reparked)) {
    await connection.query('UPDATE parked_events SET reason = ? WHERE id = ?', [event.reason, event.parkedId]);
  }
  const applied = folded.flatMap(({ unparked }) => unparked.flatMap((event) => event.parkedId ?? []));
  if (applied.length === 0) return;
  await connection.query("UPDATE parked_events SET state = 'applied', next_check_at = ? WHERE id IN (?)", [
    utcText(now),
    applied,
  ]);
}

/** Removes rows whose effects are in the database and announced. */
export async function forgetApplied(connection: Pick<DatabaseConnection, 'query'>, ids: number[]): Promise<void> {
  if (ids.length > 0) await connection.query("DELETE FROM parked_events WHERE state = 'applied' AND id IN (?)", [ids]);
}
