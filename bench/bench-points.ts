import { setTimeout as delay } from 'node:timers/promises';
import { createAnnouncer } from '@payguard/points/announcer';
import { handleRound } from '@payguard/points/handle-round';
import { createPointsMetrics } from '@payguard/points/metrics';
import { systemClock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { toKafkaRecord } from '@payguard/shared/events/cloud-event';
import { paymentConfirmedSchema } from '@payguard/shared/events/payment-confirmed';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { startBatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { createProducer } from '@payguard/shared/kafka/kafka-client';
import { needsNewerRelease } from '@payguard/shared/kafka/needs-newer-release';
import { onceKnown } from '@payguard/shared/kafka/once-known';
import type { HandleRound } from '@payguard/shared/kafka/round-collector';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { creditOneByOne, creditWithSameStatements } from './bare-credit.ts';
import type { BenchWorld } from './bench-world.ts';
import type { Spread } from './statistics.ts';
import { spread } from './statistics.ts';

const USERS = 500;
const INSERT_ROWS = 1_000;
const ROUND_TIMEOUT_MS = 180_000;
const POLL_MS = 5;

export type PointsFigures = {
  events: number;
  /** Credits per second from a filled topic. */
  points: Spread;
  sameStatements: Spread;
  oneByOne: Spread;
  ratioToSameStatements: Spread;
  ratioToOneByOne: Spread;
};

type Variant = { name: 'points' | 'sameStatements' | 'oneByOne'; handle: HandleRound<ConsumedRecord> };

/** Interleaved rounds: points itself, its SQL statements without validation and decision, and one transaction an event. */
export async function benchPoints(
  world: BenchWorld,
  size: { rounds: number; events: number; oneByOneEvents: number },
  say: (line: string) => void,
): Promise<PointsFigures> {
  await fillDatabase(world, size.events);
  await fillTopic(world, size.events);
  const producer = createProducer(world.kafka);
  await producer.connect();
  const stopping = new AbortController();
  const metrics = createPointsMetrics(createMetricsRegistry('bench'));
  const log = createLogger('bench', 'silent');
  const deps = {
    pool: world.pool,
    announcer: createAnnouncer(producer, metrics, log, stopping.signal),
    settings: { policies: new Map(), shopTimeZone: 'Asia/Shanghai' },
    clock: systemClock,
    metrics,
    log,
    stopping: stopping.signal,
  };
  const variants: Variant[] = [
    { name: 'points', handle: (records) => handleRound(records, deps) },
    { name: 'sameStatements', handle: (records) => creditWithSameStatements(world.pool, records).then(nothingMore) },
    { name: 'oneByOne', handle: (records) => creditOneByOne(world.pool, records).then(nothingMore) },
  ];
  const rates = { points: [] as number[], sameStatements: [] as number[], oneByOne: [] as number[] };
  for (let round = 0; round <= size.rounds; round += 1) {
    for (const variant of round % 2 === 0 ? variants : variants.toReversed()) {
      const wanted = variant.name === 'oneByOne' ? size.oneByOneEvents : size.events;
      const rate = await creditsPerSecond(world, variant, wanted);
      // Round 0 warms up.
      if (round > 0) rates[variant.name].push(rate);
      say(`points round ${round}: ${variant.name} ${rate.toFixed(0)} credits/s`);
    }
  }
  stopping.abort();
  await producer.disconnect();
  const ratioTo = (other: number[]) => spread(rates.points.map((rate, n) => rate / (other[n] ?? Number.NaN)));
  return {
    events: size.events,
    points: spread(rates.points),
    sameStatements: spread(rates.sameStatements),
    oneByOne: spread(rates.oneByOne),
    ratioToSameStatements: ratioTo(rates.sameStatements),
    ratioToOneByOne: ratioTo(rates.oneByOne),
  };
}

/** A new group reads the whole topic into an uncredited database; from the first record handed over to the last credit. */
async function creditsPerSecond(world: BenchWorld, variant: Variant, wanted: number): Promise<number> {
  await resetCredits(world.pool);
  let claimed = 0;
  let handled = 0;
  let startedAt: number | undefined;
  let endedAt = 0;
  const consumer = startBatchConsumer({
    kafka: world.kafka,
    groupId: `bench-${variant.name}-${Date.now()}`,
    topics: ['payment.confirmed'],
    log: createLogger('bench', 'silent'),
    needsNewerRelease,
    async handle(records) {
      startedAt ??= performance.now();
      const part = records.slice(0, Math.max(0, wanted - claimed));
      claimed += part.length;
      if (part.length === 0) return nothingMore();
      const finish = await variant.handle(part);
      return async () => {
        await finish();
        handled += part.length;
        endedAt = performance.now();
      };
    },
  });
  const deadline = Date.now() + ROUND_TIMEOUT_MS;
  while (handled < wanted && Date.now() < deadline) await delay(POLL_MS);
  await consumer.stop();
  const credited: { orders: number }[] = await world.pool.query(
    'SELECT COUNT(*) AS orders FROM payment_orders WHERE credited_at IS NOT NULL',
  );
  if (credited[0]?.orders !== wanted)
    throw new Error(`${variant.name}: ${credited[0]?.orders} of ${wanted} orders credited`);
  return wanted / ((endedAt - (startedAt ?? endedAt)) / 1000);
}

function nothingMore(): () => Promise<void> {
  return async () => undefined;
}

async function fillDatabase(world: BenchWorld, orders: number): Promise<void> {
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

async function fillTopic(world: BenchWorld, events: number): Promise<void> {
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
      confirmedRecord(world, start + n),
    );
    await producer.send({ topic: 'payment.confirmed', acks: -1, messages });
  }
  await producer.disconnect();
}

function confirmedRecord({ merchant }: BenchWorld, n: number) {
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
  return toKafkaRecord({ type: 'payment.confirmed', id: `callback:${n}`, source: '/bench', time: 0, key, data });
}

async function resetCredits(pool: DatabasePool): Promise<void> {
  await pool.query(
    "UPDATE payment_orders SET payment_status = 'pending', transaction_id = NULL, credited_at = NULL, payment_time = NULL, notify_time = NULL",
  );
  await pool.query('UPDATE users SET points = 0');
  for (const table of ['point_transactions', 'payment_evidence', 'ledger_baselines'])
    await pool.query(`DELETE FROM ${table}`);
}

function outTradeNo(n: number): string {
  return `BENCH_${String(n).padStart(10, '0')}`;
}
