import type { Clock } from '@payguard/shared/clock/clock';
import { systemClock } from '@payguard/shared/clock/clock';
import { oncePossible } from '@payguard/shared/clock/once-possible';
import { repeatEvery } from '@payguard/shared/clock/repeat-every';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import type { Running } from '@payguard/shared/config/run-main';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import { CONSUMED_TOPICS } from '@payguard/shared/events/topics';
import { startOperationsServer } from '@payguard/shared/http/operations-server';
import { createAnnouncer } from '@payguard/shared/kafka/announcer';
import type { BatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { startBatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { consumerLiveness, consumerReadiness } from '@payguard/shared/kafka/consumer-health';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { kafkaObstacle } from '@payguard/shared/kafka/kafka-obstacle';
import { needsNewerRelease } from '@payguard/shared/kafka/needs-newer-release';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { observePool } from '@payguard/shared/telemetry/pool-gauges';
import type { Kafka, Producer } from 'kafkajs';
import type { PointsConfig } from './config.ts';
import type { RoundDependencies } from './handle-round.ts';
import { handleRound } from './handle-round.ts';
import { joinParkedEvents } from './join-parked-events.ts';
import { createPointsMetrics, observePausedPartitions } from './metrics.ts';
import { isOrderTopic, ORDER_TOPICS } from './order-event.ts';
import type { ConsumerGroup } from './state/topics-state.ts';
import { watchState } from './state/watch-state.ts';

const JOIN_EVERY_MS = 10_000;
const CLOSE_TIMEOUT_MS = 5_000;

/** Starts the only writer of money: ready when schema and topics are there and the consumer runs. */
export async function startPoints(config: PointsConfig, log: Logger, clock: Clock = systemClock): Promise<Running> {
  const merchants = loadMerchantsFile(config.MERCHANTS_FILE);
  const kafka = createKafka('points', config, log);
  const producer = createProducer(kafka);
  const pool = createDatabasePool({ url: config.DATABASE_URL });
  const registry = createMetricsRegistry('points');
  const metrics = createPointsMetrics(registry);
  const stopping = new AbortController();
  const deps: RoundDependencies = {
    pool,
    announcer: createAnnouncer(producer, metrics, log, stopping.signal),
    settings: {
      policies: new Map(merchants.map((merchant) => [merchant.mchid, merchant])),
      shopTimeZone: config.SHOP_TIME_ZONE,
    },
    clock,
    metrics,
    log,
    stopping: stopping.signal,
  };

  let consumer: BatchConsumer | undefined;
  const started = oncePossible(() => findObstacle(kafka, producer, pool), stopping.signal, log).then((possible) => {
    if (!possible) return;
    consumer = startBatchConsumer({
      kafka,
      groupId: config.CONSUMER_GROUP,
      topics: Object.keys(ORDER_TOPICS),
      log,
      handle: (records) => handleRound(records, deps),
      needsNewerRelease,
    });
    repeatEvery(JOIN_EVERY_MS, stopping.signal, log, 'join parked events', () => joinParkedEvents(deps));
  });

  observePool(registry, pool);
  observePausedPartitions(registry, () => consumer?.pausedPartitions ?? []);
  watchState({
    ...{ registry, pool, kafka, clock, log, stopping: stopping.signal },
    shopTimeZone: config.SHOP_TIME_ZONE,
    callbackWindowMs: config.CALLBACK_WINDOW_SECONDS * 1_000,
    groups: consumerGroups(config),
    databaseReachable: (reachable) => metrics.databaseReachable('state', reachable),
  });

  const operations = await startOperationsServer({
    host: config.HOST,
    port: config.METRICS_PORT,
    registry,
    live: () => consumerLiveness(consumer),
    ready: () => consumerReadiness(consumer, metrics.isDatabaseReachable, stopping.signal),
  });
  log.info({ operations: operations.url }, 'listening');

  return {
    async stop() {
      stopping.abort(new Error('stopping'));
      await settledWithin(started, CLOSE_TIMEOUT_MS);
      await consumer?.stop();
      await settledWithin(Promise.allSettled([producer.disconnect(), pool.end()]), CLOSE_TIMEOUT_MS);
      await operations.close();
    },
  };
}

/** Points looks at the alerter's lag, too: an alerter that is stuck tells nobody. */
function consumerGroups({ CONSUMER_GROUP, ALERTER_CONSUMER_GROUP }: PointsConfig): ConsumerGroup[] {
  return [
    { groupId: CONSUMER_GROUP, topics: CONSUMED_TOPICS.filter(isOrderTopic) },
    { groupId: ALERTER_CONSUMER_GROUP, topics: CONSUMED_TOPICS.filter((topic) => !isOrderTopic(topic)) },
  ];
}

async function findObstacle(kafka: Kafka, producer: Producer, pool: DatabasePool): Promise<string | undefined> {
  const schema = await requireSchema(pool);
  return schema.ready ? kafkaObstacle(kafka, producer) : schema.reason;
}
