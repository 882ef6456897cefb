import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '@payguard/shared/clock/clock';
import { systemClock } from '@payguard/shared/clock/clock';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import type { Running } from '@payguard/shared/config/run-main';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import type { HealthAnswer } from '@payguard/shared/http/operations-server';
import { startOperationsServer } from '@payguard/shared/http/operations-server';
import type { BatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { startBatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { missingTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { needsNewerRelease } from '@payguard/shared/kafka/needs-newer-release';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import type { Kafka, Producer } from 'kafkajs';
import { createAnnouncer } from './announcer.ts';
import type { PointsConfig } from './config.ts';
import type { RoundDependencies } from './handle-round.ts';
import { handleRound } from './handle-round.ts';
import { joinParkedEvents } from './join-parked-events.ts';
import { createPointsMetrics } from './metrics.ts';
import { ORDER_TOPICS } from './order-event.ts';
import { repeatEvery } from './repeat-every.ts';
import { watchState } from './state-gauges.ts';

const PREREQUISITE_RETRY_MS = 500;
const JOIN_EVERY_MS = 10_000;
const STATE_EVERY_MS = 15_000;
/** A healthy consumer fetches twice a second; kafkajs retries a broker that is away without a word. */
const UNREADY_AFTER_MS = 10_000;
/** No sign of progress for this long, restarts of the consumer included: the process itself is stuck. */
const DEAD_AFTER_MS = 180_000;
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
  const started = whenPossible(kafka, producer, pool, stopping.signal, log).then((possible) => {
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
    watchState({ kafka, pool, registry, group: config.CONSUMER_GROUP, consumer }, (refresh) =>
      repeatEvery(STATE_EVERY_MS, stopping.signal, log, 'read state', refresh),
    );
  });

  const operations = await startOperationsServer({
    host: config.HOST,
    port: config.METRICS_PORT,
    registry,
    live: () => liveness(consumer),
    ready: () => readiness(consumer, metrics.isDatabaseReachable, stopping.signal),
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

/** Waits for the database's schema and the topics: an order of start-up is nobody's duty (pods start as they like). */
async function whenPossible(
  kafka: Kafka,
  producer: Producer,
  pool: DatabasePool,
  signal: AbortSignal,
  log: Logger,
): Promise<boolean> {
  const admin = kafka.admin();
  let told = '';
  while (!signal.aborted) {
    const obstacle = await findObstacle();
    if (obstacle === undefined) return true;
    if (obstacle !== told) log.warn({ obstacle }, 'waiting');
    told = obstacle;
    await delay(PREREQUISITE_RETRY_MS, undefined, { signal }).catch(() => undefined);
  }
  return false;

  async function findObstacle(): Promise<string | undefined> {
    try {
      const schema = await requireSchema(pool);
      if (!schema.ready) return schema.reason;
      await admin.connect();
      const missing = await missingTopics(admin);
      await admin.disconnect();
      if (missing.length > 0) return `Topic ${missing[0]} does not exist: run payguard topics.`;
      await producer.connect();
      return undefined;
    } catch (err) {
      return err instanceof Error ? err.message : String(err);
    }
  }
}

function liveness(consumer: BatchConsumer | undefined): HealthAnswer {
  if (consumer === undefined || Date.now() - consumer.lastProgressAt < DEAD_AFTER_MS) return { ok: true };
  return { ok: false, reason: `no progress since ${new Date(consumer.lastProgressAt).toISOString()}` };
}

function readiness(consumer: BatchConsumer | undefined, databaseUp: boolean, stopping: AbortSignal): HealthAnswer {
  if (stopping.aborted) return { ok: false, reason: 'stopping' };
  if (consumer === undefined) return { ok: false, reason: 'waiting for schema and topics' };
  if (!consumer.healthy) return { ok: false, reason: 'the Kafka consumer is not running' };
  if (Date.now() - consumer.lastProgressAt > UNREADY_AFTER_MS) return { ok: false, reason: 'Kafka does not answer' };
  if (!databaseUp) return { ok: false, reason: 'the database does not answer' };
  return { ok: true };
}
