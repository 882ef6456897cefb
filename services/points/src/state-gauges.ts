import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { CONSUMED_TOPICS, deadLetterTopic } from '@payguard/shared/events/topics';
import type { BatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import type { Admin, Kafka } from 'kafkajs';
import type { Registry } from 'prom-client';
import { Gauge } from 'prom-client';
import { ORDER_TOPICS } from './order-event.ts';

export type StateSources = {
  kafka: Kafka;
  pool: DatabasePool;
  registry: Registry;
  group: string;
  consumer: BatchConsumer;
};

/** State as gauges, read by one query and one look at the group's offsets each turn; every pod exports the same numbers. */
export function watchState(sources: StateSources, schedule: (refresh: () => Promise<void>) => void): void {
  const registers = [sources.registry];
  const pending = new Gauge({ name: 'payguard_orders_pending', help: 'Orders not paid, not closed', registers });
  const held = new Gauge({
    name: 'payguard_orders_on_hold',
    help: 'Orders a person must look at before credit',
    registers,
  });
  const parked = new Gauge({
    name: 'payguard_parked_events',
    help: 'Events that wait until they can apply',
    labelNames: ['reason'],
    registers,
  });
  const lag = new Gauge({
    name: 'payguard_consumer_lag_records',
    help: 'Records published and not yet handled',
    labelNames: ['topic'],
    registers,
  });
  const deadLetters = new Gauge({
    name: 'payguard_dead_letters_unhandled',
    help: 'Dead letters nobody has replayed or discarded',
    labelNames: ['topic'],
    registers,
  });
  new Gauge({
    name: 'payguard_partitions_paused',
    help: 'Partitions that wait for a newer release',
    registers,
    collect() {
      this.set(sources.consumer.pausedPartitions.length);
    },
  });

  const admin = sources.kafka.admin();
  let connected = false;
  schedule(async () => {
    const orders = await readOrders(sources.pool);
    pending.set(orders.pending);
    held.set(orders.held);
    parked.reset();
    for (const { reason, events } of orders.parked) parked.set({ reason }, events);
    if (!connected) await admin.connect();
    connected = true;
    for (const [topic, records] of await readLag(admin, sources.group)) lag.set({ topic }, records);
    for (const [topic, records] of await readDeadLetters(admin, sources.pool)) deadLetters.set({ topic }, records);
  });
}

async function readOrders(pool: DatabasePool) {
  const counts: { pending: number; held: number }[] = await pool.query(
    `SELECT (SELECT COUNT(*) FROM payment_orders WHERE payment_status = 'pending') AS pending,
            (SELECT COUNT(*) FROM payment_orders WHERE credit_hold IS NOT NULL) AS held`,
  );
  const parked: { reason: string; events: number }[] = await pool.query(
    "SELECT reason, COUNT(*) AS events FROM parked_events WHERE state = 'waiting' GROUP BY reason",
  );
  return { pending: counts[0]?.pending ?? 0, held: counts[0]?.held ?? 0, parked };
}

async function readLag(admin: Admin, groupId: string): Promise<Map<string, number>> {
  const topics = Object.keys(ORDER_TOPICS);
  const committed = await admin.fetchOffsets({ groupId, topics });
  const lag = new Map<string, number>();
  for (const topic of topics) {
    const ends = await admin.fetchTopicOffsets(topic);
    const done = new Map(
      committed.find((each) => each.topic === topic)?.partitions.map((p) => [p.partition, p.offset]),
    );
    const behind = ends.map((end) => {
      const offset = Number(done.get(end.partition) ?? -1);
      return Number(end.high) - Math.max(offset, Number(end.low));
    });
    lag.set(
      topic,
      behind.reduce((sum, records) => sum + records, 0),
    );
  }
  return lag;
}

async function readDeadLetters(admin: Admin, pool: DatabasePool): Promise<Map<string, number>> {
  const handled: { kafka_topic: string; records: number }[] = await pool.query(
    'SELECT kafka_topic, COUNT(*) AS records FROM dead_letters GROUP BY kafka_topic',
  );
  const handledBy = new Map(handled.map((row) => [row.kafka_topic, row.records]));
  const unhandled = new Map<string, number>();
  for (const topic of CONSUMED_TOPICS) {
    const offsets = await admin.fetchTopicOffsets(deadLetterTopic(topic));
    const records = offsets.reduce((sum, each) => sum + Number(each.high) - Number(each.low), 0);
    unhandled.set(topic, records - (handledBy.get(deadLetterTopic(topic)) ?? 0));
  }
  return unhandled;
}
