import type { AddressInfo } from 'node:net';
import type { Clock } from '@payguard/shared/clock/clock';
import { systemClock } from '@payguard/shared/clock/clock';
import { oncePossible } from '@payguard/shared/clock/once-possible';
import { settledWithin } from '@payguard/shared/clock/settled-within';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import type { Running } from '@payguard/shared/config/run-main';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { closeServer } from '@payguard/shared/http/close-server';
import { createDrain } from '@payguard/shared/http/drain';
import { startOperationsServer } from '@payguard/shared/http/operations-server';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createMicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import { syncOrder } from '@payguard/shared/sync-order/sync-order';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { observePool } from '@payguard/shared/telemetry/pool-gauges';
import { createWechatpayRequestMetrics } from '@payguard/shared/telemetry/wechatpay-request-metrics';
import { openWechatPayClients, type WechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import { watchKeyRing } from '@payguard/shared/wechatpay-verify/watch-key-ring';
import { buildApp } from './app.ts';
import { type Checkout, syncDependencies } from './checkout.ts';
import type { CheckoutConfig } from './config.ts';
import { watchApiKeys } from './http/watch-api-keys.ts';
import { type CheckoutMetrics, countCalls, createCheckoutMetrics } from './metrics.ts';
import { type OrderView, toSync } from './orders/order-view.ts';
import { readOrders } from './orders/read-orders.ts';
import { findObstacle } from './prerequisites.ts';
import { servedMerchants } from './served-merchants.ts';
import { createOrderAsker } from './waiting/order-asker.ts';
import { createOrderWatch } from './waiting/order-watch.ts';

/** More events than a process that may send some hundred requests a second has under way. */
const MAX_QUEUED_EVENTS = 1_000;
/** Most calls that are under way may still be answered; what is cut was recorded before, and is sent again or polled. */
const CLOSE_TIMEOUT_MS = 7_000;
/** Four such steps and the above: below what the process may take to stop (20 s, beside its drain). */
const DRAIN_TIMEOUT_MS = 3_000;

/** Starts the order API: it listens at once and is ready when database, schema, Kafka and topics are there. */
export async function startCheckout(
  config: CheckoutConfig,
  log: Logger,
  clock: Clock = systemClock,
): Promise<Running & { url: string; operationsUrl: string }> {
  const merchants = loadMerchantsFile(config.MERCHANTS_FILE);
  const keyRing = watchKeyRing(merchants, log);
  const pool = createDatabasePool({ url: config.DATABASE_URL });
  const kafka = createKafka('checkout', config, log);
  const producer = createProducer(kafka);
  const publisher = createMicroBatchPublisher(producer, { maxQueued: MAX_QUEUED_EVENTS });
  const registry = createMetricsRegistry('checkout');
  const metrics = createCheckoutMetrics(registry);
  observePool(registry, pool);
  const clients = openWechatPayClients({
    merchants,
    apiUrls: config.WECHATPAY_API_URLS,
    keys: keyRing.current,
    clock,
    log,
    budget: { pool, share: 'checkout' },
    onAttempt: createWechatpayRequestMetrics(registry, 'checkout'),
  });
  const served = servedMerchants(merchants, counted(clients, metrics), {
    allowLocalNotifyUrl: config.ALLOW_LOCAL_NOTIFY_URL,
  });
  const apiKeys = watchApiKeys(config.API_KEYS_FILE, new Set(served.keys()), log);
  const checkout = { pool, publisher, merchants: served, shopTimeZone: config.SHOP_TIME_ZONE, clock, metrics, log };
  const waiting = startWaiting(checkout);
  metrics.observeWaiters(() => waiting.watch.followers);

  const drain = createDrain(config.DRAIN_SECONDS);
  const stopping = new AbortController();
  let possible = false;
  const started = oncePossible(() => findObstacle(kafka, producer, pool), stopping.signal, log).then((done) => {
    possible = done;
  });
  const ready = () => {
    if (stopping.signal.aborted) return { ok: false, reason: 'stopping' };
    if (!possible) return { ok: false, reason: 'waiting for schema, Kafka and topics' };
    if (publisher.stalled(performance.now())) return { ok: false, reason: 'Kafka does not answer' };
    return { ok: true };
  };

  const app = await buildApp({
    ...checkout,
    ...waiting,
    drain,
    apiKeys: apiKeys.current,
    requestsPerMinute: config.RATE_LIMIT_PER_MINUTE,
  });
  await app.listen({ host: config.HOST, port: config.PORT });
  const operations = await startOperationsServer({
    host: config.HOST,
    port: config.METRICS_PORT,
    registry,
    live: () => ({ ok: true }),
    ready,
  });
  const { port } = app.server.address() as AddressInfo;
  log.info({ port, operations: operations.url, merchants: [...served.keys()] }, 'listening');

  return {
    url: `http://127.0.0.1:${port}`,
    operationsUrl: operations.url,
    drainMs: drain.ms,
    async stop() {
      stopping.abort();
      await drain.wait();
      waiting.asker.close();
      // Waiters are answered at once (see the app's preClose).
      await closeServer(app, CLOSE_TIMEOUT_MS);
      await settledWithin(clients.close(), DRAIN_TIMEOUT_MS);
      await publisher.drain(DRAIN_TIMEOUT_MS);
      keyRing.close();
      apiKeys.close();
      await settledWithin(started, DRAIN_TIMEOUT_MS);
      await settledWithin(Promise.allSettled([producer.disconnect(), pool.end()]), DRAIN_TIMEOUT_MS);
      await operations.close();
    },
  };
}

function counted(clients: WechatPayClients, metrics: CheckoutMetrics) {
  return new Map([...clients.byMchid].map(([mchid, client]) => [mchid, countCalls(client, metrics)]));
}

/** What lets payers' pages wait: one look at the database for all of them, and questions to WeChat Pay in their turn. */
function startWaiting(checkout: Checkout) {
  const { clock, log, pool, shopTimeZone } = checkout;
  const asker = createOrderAsker({ ask, clock, log });
  const watch = createOrderWatch({ read: (ids) => readOrders(pool, ids, shopTimeZone), want: asker.want, log });
  return { asker, watch };

  async function ask(order: OrderView) {
    const merchant = checkout.merchants.get(order.mchid);
    if (merchant === undefined) throw new Error(`merchant ${order.mchid} is not served`);
    return syncOrder(syncDependencies(checkout, merchant), toSync(order), 'query');
  }
}
