import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '@payguard/shared/clock/clock';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import type { Running } from '@payguard/shared/config/run-main';
import { closeServer } from '@payguard/shared/http/close-server';
import { createDrain } from '@payguard/shared/http/drain';
import { startOperationsServer } from '@payguard/shared/http/operations-server';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createMicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { watchKeyRing } from '@payguard/shared/wechatpay-verify/watch-key-ring';
import type { Kafka, Producer } from 'kafkajs';
import { buildApp } from './app.ts';
import { createCallbackLog } from './callback-log.ts';
import type { GatewayConfig } from './config.ts';
import { createGatewayMetrics, observeKeyExpiry } from './metrics.ts';
import { PUBLISHED_TOPICS } from './publish-notification.ts';

const CONNECT_RETRY_MS = 500;
const DRAIN_TIMEOUT_MS = 5_000;
/** Longer than any callback takes to be answered. */
const CLOSE_TIMEOUT_MS = 3_000;

/** Starts the public server at once and becomes ready when Kafka and the topics are there. */
export async function startGateway(config: GatewayConfig, log: Logger): Promise<Running & { url: string }> {
  const keyRing = watchKeyRing(loadMerchantsFile(config.MERCHANTS_FILE), log);
  const kafka = createKafka('callback-gateway', config, log);
  const producer = createProducer(kafka);
  const logProducer = createProducer(kafka);
  // Room for as many as may be in flight, so that the in-flight limit is the one that sheds.
  const publisher = createMicroBatchPublisher(producer, { maxQueued: config.MAX_IN_FLIGHT });
  const registry = createMetricsRegistry('callback-gateway');
  const metrics = createGatewayMetrics(registry, publisher);
  observeKeyExpiry(registry, keyRing.current);
  const callbackLog = createCallbackLog(logProducer, metrics, systemClock);

  const drain = createDrain(config.DRAIN_SECONDS);
  const stopping = new AbortController();
  let connected = false;
  void connect(kafka, [producer, logProducer], stopping.signal, log).then((done) => {
    connected = done;
  });
  const ready = () => {
    if (stopping.signal.aborted) return { ok: false, reason: 'stopping' };
    if (!connected) return { ok: false, reason: 'waiting for Kafka and its topics' };
    if (publisher.stalled(performance.now())) return { ok: false, reason: 'Kafka does not answer' };
    return { ok: true };
  };

  const app = buildApp({
    keys: () => keyRing.current(),
    publisher,
    callbackLog,
    metrics,
    clock: systemClock,
    log,
    ready,
    maxInFlight: config.MAX_IN_FLIGHT,
    trustedProxies: config.TRUSTED_PROXIES,
  });
  drain.attachTo(app);
  await app.listen({ host: config.HOST, port: config.PORT });
  const operations = await startOperationsServer({
    host: config.HOST,
    port: config.METRICS_PORT,
    registry,
    live: () => ({ ok: true }),
    ready,
  });
  const { port } = app.server.address() as AddressInfo;
  log.info({ port, operations: operations.url }, 'listening');

  return {
    url: `http://127.0.0.1:${port}`,
    drainMs: drain.ms,
    async stop() {
      stopping.abort();
      await drain.wait();
      await closeServer(app, CLOSE_TIMEOUT_MS);
      await publisher.drain(DRAIN_TIMEOUT_MS);
      await callbackLog.close();
      keyRing.close();
      await settledWithin(Promise.allSettled([producer.disconnect(), logProducer.disconnect()]), DRAIN_TIMEOUT_MS);
      await operations.close();
    },
  };
}

/** Resolves to true when the producers are connected and every topic the gateway writes exists; keeps trying. */
async function connect(kafka: Kafka, producers: Producer[], signal: AbortSignal, log: Logger): Promise<boolean> {
  const admin = kafka.admin();
  while (!signal.aborted) {
    try {
      await Promise.all([...producers.map((producer) => producer.connect()), admin.connect()]);
      await admin.fetchTopicMetadata({ topics: [...PUBLISHED_TOPICS] });
      await admin.disconnect();
      return true;
    } catch (err) {
      log.debug({ err }, 'waiting for Kafka and its topics');
      await delay(CONNECT_RETRY_MS, undefined, { signal }).catch(() => undefined);
    }
  }
  return false;
}
