import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { CONSUMED_TOPICS, deadLetterTopic } from '@payguard/shared/events/topics';
import type { Admin } from 'kafkajs';
import { Gauge, type Registry } from 'prom-client';

export type ConsumerGroup = { groupId: string; topics: readonly string[] };

export type TopicsSubject = {
  /** Throws what Kafka or the database throws. */
  refresh(admin: Admin, pool: Pick<DatabasePool, 'query'>): Promise<void>;
  /** No figure is better than one that no longer moves: PayguardKafkaStateAbsent tells. */
  forget(): void;
};

/** How far consumers are behind, for which Kafka is enough, and which dead letters nobody has dealt with. */
export type TopicsState = { lag: TopicsSubject; deadLetters: TopicsSubject };

export function createTopicsState(registry: Registry, groups: readonly ConsumerGroup[]): TopicsState {
  const registers = [registry];
  const lag = new Gauge({
    name: 'payguard_consumer_lag_records',
    help: 'Records published and not yet handled, by consumer group and topic',
    labelNames: ['group', 'topic'],
    registers,
  });
  const deadLetters = new Gauge({
    name: 'payguard_dead_letters_unhandled',
    help: 'Dead letters nobody has replayed or discarded',
    labelNames: ['topic'],
    registers,
  });
  return {
    lag: {
      async refresh(admin) {
        for (const group of groups) {
          for (const [topic, records] of await readLag(admin, group)) lag.set({ group: group.groupId, topic }, records);
        }
      },
      forget: () => lag.reset(),
    },
    deadLetters: {
      async refresh(admin, pool) {
        for (const [topic, records] of await readDeadLetters(admin, pool)) deadLetters.set({ topic }, records);
      },
      forget: () => deadLetters.reset(),
    },
  };
}

async function readLag(admin: Admin, { groupId, topics }: ConsumerGroup): Promise<Map<string, number>> {
  const committed = await admin.fetchOffsets({ groupId, topics: [...topics] });
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

async function readDeadLetters(admin: Admin, pool: Pick<DatabasePool, 'query'>): Promise<Map<string, number>> {
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
