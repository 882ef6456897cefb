import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { loadAlertsFile } from '@payguard/shared/alerting/alerts-file';
import { openChannels } from '@payguard/shared/alerting/open-channels';
import type { Clock } from '@payguard/shared/clock/clock';
import { systemClock } from '@payguard/shared/clock/clock';
import { oncePossible } from '@payguard/shared/clock/once-possible';
import { repeatEvery } from '@payguard/shared/clock/repeat-every';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import type { Running } from '@payguard/shared/config/run-main';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { requireSchema } from '@payguard/shared/database/required-schema';
import type { HealthAnswer } from '@payguard/shared/http/operations-server';
import { startOperationsServer } from '@payguard/shared/http/operations-server';
import { createAnnouncer } from '@payguard/shared/kafka/announcer';
import type { BatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { startBatchConsumer } from '@payguard/shared/kafka/batch-consumer';
import { consumerLiveness } from '@payguard/shared/kafka/consumer-health';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { kafkaObstacle } from '@payguard/shared/kafka/kafka-obstacle';
import { needsNewerRelease } from '@payguard/shared/kafka/needs-newer-release';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { observePool } from '@payguard/shared/telemetry/pool-gauges';
import type { Kafka } from 'kafkajs';
import { loadBearerToken } from './alertmanager/bearer-token.ts';
import { buildApp } from './app.ts';
import { checkSettings } from './check-settings.ts';
import type { AlerterConfig } from './config.ts';
import { ALERTER_TOPICS } from './decode-record.ts';
import { escalateDue } from './escalation/escalate-due.ts';
import { rescheduleOpen } from './escalation/reschedule-open.ts';
import type { RoundDependencies } from './handle-round.ts';
import { handleRound } from './handle-round.ts';
import { createAlerterMetrics } from './metrics.ts';
import { noteReachable } from './note-reachable.ts';
import { startSending } from './sending/start-sending.ts';
import { checkWatchdog } from './watchdog/check-watchdog.ts';

const ESCALATE_EVERY_MS = 5_000;
/** At the start, and again: while a new release rolls out, pods of the old one write by the old alerts.yaml. */
const RESCHEDULE_EVERY_MS = 300_000;
const WATCH_EVERY_MS = 5_000;
/** Loops look for work several times a second; one that has not for so long, time-outs of sends included, is stuck. */
const SENDING_STUCK_AFTER_MS = 180_000;
/** With the longest of what is ended before, 16 s for a message under way, within what a process may take to stop (20 s). */
const CLOSE_TIMEOUT_MS = 3_000;

/**
 * Starts the alerter. Sending, Alertmanager's webhook and the watchdog need the database alone: that Kafka is away is one of
 * the things that people are to be told of. The consumer begins when the topics are there.
 */
export async function startAlerter(
  config: AlerterConfig,
  log: Logger,
  clock: Clock = systemClock,
): Promise<Running & { url: string; operationsUrl: string }> {
  const alerts = loadAlertsFile(config.ALERTS_FILE);
  checkSettings(alerts, config.ALERTS_FILE);
  const isAuthorized = loadBearerToken(config.ALERTMANAGER_TOKEN_FILE);
  const channels = openChannels(alerts, log);
  const pool = createDatabasePool({ url: config.DATABASE_URL });
  const kafka = createKafka('alerter', config, log);
  const producer = createProducer(kafka);
  const registry = createMetricsRegistry('alerter');
  observePool(registry, pool);
  let consumer: BatchConsumer | undefined;
  const metrics = createAlerterMetrics(registry, () => consumer);
  const stopping = new AbortController();
  const { signal } = stopping;
  const announcer = createAnnouncer(producer, metrics, log, signal);
  const deps: RoundDependencies = { pool, announcer, alerts, clock, metrics, log, stopping: signal };

  const runBy = `alerter/${hostname()}/${process.pid}`;
  const sending = startSending({ pool, alerts, channels, clock, log, registry, stopping: signal, runBy });
  let isSchemaThere = false;
  const started = oncePossible(() => schemaObstacle(pool), signal, log).then(async (isPossible) => {
    if (!isPossible) return;
    isSchemaThere = true;
    repeatWatches(deps);
    const isKafkaReady = await oncePossible(() => kafkaObstacle(kafka, producer), signal, log);
    if (isKafkaReady) consumer = consume(kafka, config.CONSUMER_GROUP, deps);
  });

  const app = buildApp({ ...deps, isAuthorized });
  await app.listen({ host: config.HOST, port: config.PORT });
  const operations = await startOperationsServer({
    host: config.HOST,
    port: config.METRICS_PORT,
    registry,
    live: () => liveness(consumer, sending.lastTurnAt),
    ready: () => readiness(isSchemaThere, metrics.isDatabaseReachable, signal),
  });
  const { port } = app.server.address() as AddressInfo;
  log.info({ port, operations: operations.url, channels: [...channels.keys()] }, 'listening');

  return {
    url: `http://127.0.0.1:${port}`,
    operationsUrl: operations.url,
    async stop() {
      stopping.abort(new Error('stopping'));
      await Promise.all([
        settledWithin(app.close(), CLOSE_TIMEOUT_MS),
        settledWithin(started, CLOSE_TIMEOUT_MS).then(() => consumer?.stop()),
        sending.stop(),
      ]);
      const closing = [producer.disconnect(), pool.end(), ...[...channels.values()].map((channel) => channel.close())];
      await settledWithin(Promise.allSettled(closing), CLOSE_TIMEOUT_MS);
      await operations.close();
    },
  };
}

/** What time alone brings about. */
function repeatWatches(deps: RoundDependencies): void {
  const { stopping, log, clock, metrics } = deps;
  const watch = { ...deps, startedAt: clock.now() };
  repeatEvery(RESCHEDULE_EVERY_MS, stopping, log, 'reschedule', () => rescheduleOpen(deps, stopping));
  repeatEvery(ESCALATE_EVERY_MS, stopping, log, 'escalate', () => escalateDue(deps, stopping));
  repeatEvery(WATCH_EVERY_MS, stopping, log, 'check the watchdog', () =>
    noteReachable(metrics, () => checkWatchdog(watch)),
  );
}

function consume(kafka: Kafka, groupId: string, deps: RoundDependencies): BatchConsumer {
  return startBatchConsumer({
    kafka,
    groupId,
    topics: [...ALERTER_TOPICS],
    log: deps.log,
    handle: (records) => handleRound(records, deps),
    needsNewerRelease,
  });
}

async function schemaObstacle(pool: DatabasePool): Promise<string | undefined> {
  const schema = await requireSchema(pool);
  return schema.ready ? undefined : schema.reason;
}

function liveness(consumer: BatchConsumer | undefined, lastTurnAt: number): HealthAnswer {
  if (Date.now() - lastTurnAt < SENDING_STUCK_AFTER_MS) return consumerLiveness(consumer);
  return { ok: false, reason: `nothing looked at the outbox since ${new Date(lastTurnAt).toISOString()}` };
}

/** Kafka is left out: Alertmanager must reach a ready alerter to tell that Kafka is away. */
function readiness(isSchemaThere: boolean, isDatabaseUp: boolean, stopping: AbortSignal): HealthAnswer {
  if (stopping.aborted) return { ok: false, reason: 'stopping' };
  if (!isSchemaThere) return { ok: false, reason: 'waiting for the schema' };
  if (!isDatabaseUp) return { ok: false, reason: 'the database does not answer' };
  return { ok: true };
}
