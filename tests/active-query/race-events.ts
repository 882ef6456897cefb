import { randomUUID } from 'node:crypto';
import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import type { Witness } from '@payguard/shared/events/payment-confirmed';
import type { PaymentDecision } from '@payguard/shared/events/payment-decision';
import type { OutgoingRecord } from '@payguard/shared/kafka/micro-batch-publisher';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import {
  appidSchema,
  fenSchema,
  mchidSchema,
  outTradeNoSchema,
  transactionIdSchema,
} from '@payguard/shared/rules/wechat-fields';
import { closedRecord, confirmedRecord } from '@payguard/shared/sync-order/order-records';
import { type OrderRow, TOTAL } from './storm-orders.ts';
import type { StormWorld } from './storm-world.ts';

type Numbered = { mchid: string; outTradeNo: string };

const PUBLISH_TIMEOUT_MS = 10_000;

/** The record that a witness of this paid order would publish now. */
export function confirmationOf(world: StormWorld, order: Numbered, witness: Witness): OutgoingRecord {
  const { simulator } = world;
  const found = simulator.findOrder(order.mchid, order.outTradeNo);
  if (found?.payment === undefined) throw new Error(`${order.outTradeNo} is not paid`);
  const paid = {
    tradeState: 'SUCCESS' as const,
    mchid: mchidSchema.parse(order.mchid),
    appid: appidSchema.parse(found.terms.appid),
    outTradeNo: outTradeNoSchema.parse(order.outTradeNo),
    transactionId: transactionIdSchema.parse(found.payment.transactionId),
    amountTotal: fenSchema.parse(TOTAL),
    currency: 'CNY',
    successTime: new Date(found.payment.successTimeMs).toISOString(),
  };
  return confirmedRecord(paid, witness, seenNow(world));
}

/** The record of a poll that saw it closed. */
export function closeOf(world: StormWorld, order: Numbered): OutgoingRecord {
  const closed = { mchid: mchidSchema.parse(order.mchid), outTradeNo: outTradeNoSchema.parse(order.outTradeNo) };
  return closedRecord({ ...closed, tradeState: 'CLOSED', reason: 'expired' }, seenNow(world));
}

/** A person's verdict on a held payment. */
export function verdictOn(world: StormWorld, order: OrderRow, verdict: PaymentDecision['verdict']): OutgoingRecord {
  const { payment } = world.simulator.findOrder(order.mchid, order.outTradeNo) ?? {};
  const key = orderKeyOf({ mchid: order.mchid, out_trade_no: order.outTradeNo });
  const now = world.simulator.clock.now();
  const data: PaymentDecision = {
    mchid: mchidSchema.parse(order.mchid),
    out_trade_no: outTradeNoSchema.parse(order.outTradeNo),
    transaction_id: transactionIdSchema.parse(payment?.transactionId),
    ...{ verdict, by: 'li.lei', approved_by: null, reason: 'called the payer' },
    decided_at: new Date(now).toISOString(),
  };
  const record = toKafkaRecord({
    ...{ type: 'payment.decision', id: `${verdict}:${key}`, source: '/payguard/tests', time: now, key, data },
  });
  return { topic: 'payment.decision', ...record };
}

/** Publishes one after the other: each is acknowledged before the next. */
export async function publishAll(world: StormWorld, records: readonly OutgoingRecord[]): Promise<void> {
  for (const record of records) {
    const result = await world.publisher.publish(record, PUBLISH_TIMEOUT_MS);
    if (result.kind !== 'acknowledged') throw new Error(`${record.topic}: ${result.kind}`);
  }
}

function seenNow(world: StormWorld) {
  return { source: '/payguard/tests', now: world.simulator.clock.now(), requestId: randomUUID() };
}
