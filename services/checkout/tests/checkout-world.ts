import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment } from '@payguard/checkout/config';
import { startCheckout } from '@payguard/checkout/start-checkout';
import { environment as pointsEnvironment } from '@payguard/points/config';
import { ORDER_TOPICS } from '@payguard/points/order-event';
import { startPoints } from '@payguard/points/start-points';
import { systemClock } from '@payguard/shared/clock/clock';
import { createApiKey } from '@payguard/shared/config/api-keys-file';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { inject, vi } from 'vitest';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';
import { openTestDatabase } from '../../../packages/shared/tests/database/open-test-database.ts';
import { beginAtTheEnd } from '../../../packages/shared/tests/kafka/topic-ends.ts';
import { type ApiClient, createApiClient } from './api-client.ts';
import { writeMerchantFiles } from './merchant-files.ts';

// tests/setup/global-servers.ts provides it; said again, because a package's type check does not see that file.
declare module 'vitest' {
  interface ProvidedContext {
    kafkaBrokers: string[];
  }
}

/** Nobody listens there: every callback is lost. */
const NOTIFY_URL = 'http://127.0.0.1:9/api/payment/wechat/callback';
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };
const READY_TIMEOUT_MS = 30_000;
const silent = createLogger('checkout-world', 'silent');

export const USER_ID = 1;

export type CheckoutWorld = {
  readonly simulator: Simulator;
  readonly pool: DatabasePool;
  /** `other` is a second merchant, which the key of `api` does not reach. */
  readonly merchant: MerchantDescription;
  readonly other: MerchantDescription;
  readonly api: ApiClient;
  /** Of `api`. */
  readonly apiKey: string;
  readonly url: string;
  readonly operationsUrl: string;
  readonly apiKeysFile: string;
  readonly logText: () => string;
  /** The environment that the order API was started with. */
  readonly env: Record<string, string>;
  /** Points in this process, on this world's orders. */
  startPoints(): Promise<void>;
  /** Stops the order API alone; `stop` does it too. */
  stopCheckout(): Promise<void>;
  stop(): Promise<void>;
};

/** The order API over HTTP, on real MariaDB and Kafka; WeChat Pay is the simulator, whose every callback is lost. */
export async function openCheckoutWorld(
  options: { env?: Record<string, string>; merchant?: Record<string, unknown> } = {},
): Promise<CheckoutWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-checkout-'));
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  await database.pool.query('INSERT INTO users (id, points) VALUES (?, 0)', [USER_ID]);
  const simulator = await startSimulator();
  const [merchant, other] = simulator.merchants;
  if (merchant === undefined || other === undefined) throw new Error('the simulator has two merchants');
  const { key, sha256 } = createApiKey();
  const brokers = inject('kafkaBrokers');
  const kafka = createKafka('checkout-world', { KAFKA_BROKERS: brokers, KAFKA_SSL: false }, silent);
  await ensureTopics(kafka, ONE_BROKER);
  const files = writeMerchantFiles(
    folder,
    [merchant, other],
    { id: 'shop', sha256, mchids: [merchant.mchid] },
    { notifyUrl: NOTIFY_URL, ...options.merchant },
  );
  const env = {
    KAFKA_BROKERS: brokers.join(),
    DATABASE_URL: database.url,
    MERCHANTS_FILE: files.merchants,
    API_KEYS_FILE: files.apiKeys,
    WECHATPAY_API_URLS: simulator.apiUrl,
    ALLOW_LOCAL_NOTIFY_URL: 'true',
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
    ...options.env,
  };
  const lines: string[] = [];
  const log = createLogger('checkout', 'debug', { write: (line) => lines.push(line) });
  const checkout = await startCheckout(loadEnvironment(environment, env), log);
  await untilReady(checkout.operationsUrl);
  let stopPoints = async (): Promise<void> => undefined;
  let stopped: Promise<void> | undefined;
  const stopCheckout = () => {
    stopped ??= checkout.stop();
    return stopped;
  };
  return {
    ...{ simulator, merchant, other, env, apiKey: key, stopCheckout },
    ...{ url: checkout.url, operationsUrl: checkout.operationsUrl, apiKeysFile: files.apiKeys },
    pool: database.pool,
    api: await createApiClient(checkout.url, key),
    logText: () => lines.join(''),
    async startPoints() {
      const CONSUMER_GROUP = `points-${merchant.mchid}`;
      await beginAtTheEnd(kafka, CONSUMER_GROUP, Object.keys(ORDER_TOPICS));
      const points = await startPoints(
        loadEnvironment(pointsEnvironment, { ...env, CONSUMER_GROUP }),
        createLogger('points', 'silent'),
      );
      stopPoints = () => points.stop();
    },
    async stop() {
      await stopCheckout();
      await stopPoints();
      await simulator.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Topics are shared with other tests: nobody else has these numbers. */
async function startSimulator(): Promise<Simulator> {
  const number = `17${String(randomBytes(4).readUInt32BE() % 10_000_000).padStart(7, '0')}`;
  const simulator = await createSimulator({
    merchants: [
      { mchid: `${number}1`, mode: 'certificate' },
      { mchid: `${number}2`, mode: 'public-key' },
    ],
    clock: 'real',
    defaultNotifyUrl: NOTIFY_URL,
  });
  await simulator.listen();
  return simulator;
}

async function untilReady(operationsUrl: string): Promise<void> {
  const isReady = async () => (await fetch(`${operationsUrl}/health/ready`)).status === 200;
  await vi.waitUntil(isReady, { timeout: READY_TIMEOUT_MS, interval: 50 });
}
