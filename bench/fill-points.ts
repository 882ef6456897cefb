import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import { paymentConfirmedSchema } from '@payguard/shared/events/payment-confirmed';
import { createProducer } from '@payguard/shared/kafka/kafka-client';
import { onceKnown } from '@payguard/shared/kafka/once-known';
import type { BenchWorld } from './bench-world.ts';

const USERS = 500;
const INSERT_ROWS = 1_000;

/** As many pending orders, of 500 users. */
export async function fillDatabase(world: BenchWorld, orders: number): Promise<void> {
  const { pool, merchant } = world;
  for (const table of ['payment_orders', 'users', 'point_transactions', 'ledger_baselines', 'payment_evidence']) {
    await pool.query(`DELETE FROM ${table}`);
  }
  await pool.query(
    `INSERT INTO users (id, points) VALUES ${Array.from({ length: USERS }, (_, n) => `(${n + 1}, 0)`).join()}`,
  );
  for (let start = 0; start < orders; start += INSERT_ROWS) {
    const rows = Array.from({ length: Math.min(INSERT_ROWS, orders - start) }, (_, n) => {
      const number = outTradeNo(start + n);
      return `('${number}', '${number}', ${((start + n) % USERS) + 1}, 100, '${merchant.mchid}', '${merchant.appid}', 1000)`;
    });
    await pool.query(
      `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total) VALUES ${rows.join()}`,
    );
  }
}

/** The topic holds nothing but the payments of the first so many orders. */
export async function fillTopic(
  world: BenchWorld,
  events: number,
  traceparentOf: (n: number) => string | undefined = () => undefined,
): Promise<void> {
  const admin = world.kafka.admin();
  await admin.connect();
  const offsets = await onceKnown(() => admin.fetchTopicOffsets('payment.confirmed'));
  await admin.deleteTopicRecords({
    topic: 'payment.confirmed',
    partitions: offsets.map(({ partition, high }) => ({ partition, offset: high })),
  });
  await admin.disconnect();
  const producer = createProducer(world.kafka);
  await producer.connect();
  for (let start = 0; start < events; start += INSERT_ROWS) {
    const messages = Array.from({ length: Math.min(INSERT_ROWS, events - start) }, (_, n) =>
      confirmedRecord(world, start + n, traceparentOf(start + n)),
    );
    await producer.send({ topic: 'payment.confirmed', acks: -1, messages });
  }
  await producer.disconnect();
}

function confirmedRecord({ merchant }: BenchWorld, n: number, traceparent: string | undefined) {
  const data = paymentConfirmedSchema.parse({
    witness: 'callback',
    mchid: merchant.mchid,
    appid: merchant.appid,
    out_trade_no: outTradeNo(n),
    transaction_id: `4200${String(n).padStart(24, '0')}`,
    amount_total: 1_000,
    currency: 'CNY',
    success_time: '2025-07-12T00:57:19+08:00',
    observed_at: '2025-07-11T16:57:20.000Z',
    evidence_id: `EV-${n}`,
  });
  const key = `${data.mchid}:${data.out_trade_no}`;
  return toKafkaRecord({
    type: 'payment.confirmed',
    id: `callback:${n}`,
    source: '/bench',
    time: 0,
    traceparent,
    key,
    data,
  });
}

function outTradeNo(n: number): string {
  return `BENCH_${String(n).padStart(10, '0')}`;
}

/** All orders are pending again. */
export async function resetCredits(pool: DatabasePool): Promise<void> {
  await pool.query(
    "UPDATE payment_orders SET payment_status = 'pending', transaction_id = NULL, credited_at = NULL, payment_time = NULL, notify_time = NULL",
  );
  await pool.query('UPDATE users SET points = 0');
  for (const table of ['point_transactions', 'payment_evidence', 'ledger_baselines'])
    await pool.query(`DELETE FROM ${table}`);
}
