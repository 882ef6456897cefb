import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment as pointsEnvironment } from '@payguard/points/config';
import { startPoints } from '@payguard/points/start-points';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { Kafka } from 'kafkajs';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import { createMigratedDatabase } from '../migrated-database.ts';
import { type QueryArrivals, watchQueryArrivals } from './query-arrivals.ts';
import { freshMchids, writeMerchants } from './storm-merchants.ts';

export type TestServers = {
  brokers: string[];
  /** With the right to create databases. */
  databaseUrl: string;
};

export type PollWorldOptions = {
  servers: TestServers;
  /** How many times as fast as real time the clock runs: every real delay counts so many times as much. 1 is real time. */
  speed: number;
  requestsPerSecond: number;
};

/** WeChat Pay in this process, a migrated database of its own, and the merchant's files: what polls are run against. */
export type PollWorld = {
  readonly simulator: Simulator;
  readonly arrivals: QueryArrivals;
  readonly pool: DatabasePool;
  readonly kafka: Kafka;
  readonly merchant: Merchant;
  readonly appid: string;
  readonly folder: string;
  /** For a service of its own process, or in this one. */
  readonly environment: Record<string, string>;
  /**
   * Points in this process, on the simulator's clock; `stop` of the world ends it. It reads what others wrote into the
   * topics, too: a consumer group set to their ends takes kafkajs 20 s, parking some thousand unknown orders one.
   */
  startPoints(): Promise<void>;
  stop(): Promise<void>;
};

/** Nobody listens there: every callback is lost. */
const NOTIFY_URL = 'http://127.0.0.1:9/wechat/callback';
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };
const log = createLogger('poll-world', 'silent');

export async function openPollWorld(options: PollWorldOptions): Promise<PollWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-poll-'));
  const database = await createMigratedDatabase(options.servers.databaseUrl);
  const simulator = await startSimulator(options.speed);
  const [described] = simulator.merchants;
  if (described === undefined) throw new Error('the simulator has no merchant');
  const { requestsPerSecond } = options;
  const merchantsFile = writeMerchants(folder, simulator, { requestsPerSecond, defaultNotifyUrl: NOTIFY_URL });
  const [merchant] = loadMerchantsFile(merchantsFile);
  if (merchant === undefined) throw new Error('merchants.yaml has no merchant');
  const kafka = createKafka('poll-world', { KAFKA_BROKERS: options.servers.brokers, KAFKA_SSL: false }, log);
  await ensureTopics(kafka, ONE_BROKER);
  const environment = {
    KAFKA_BROKERS: options.servers.brokers.join(),
    DATABASE_URL: database.url,
    MERCHANTS_FILE: merchantsFile,
    WECHATPAY_API_URLS: simulator.apiUrl,
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
    LOG_LEVEL: 'warn',
  };
  const arrivals = watchQueryArrivals(simulator.apiUrl, () => simulator.clock.now());
  let stopPoints = async (): Promise<void> => undefined;
  return {
    ...{ simulator, arrivals, kafka, merchant, folder, environment },
    pool: database.pool,
    appid: described.appid,
    async startPoints() {
      const CONSUMER_GROUP = `points-${merchant.mchid}`;
      const config = loadEnvironment(pointsEnvironment, { ...environment, CONSUMER_GROUP });
      const points = await startPoints(config, log, simulator.clock);
      stopPoints = () => points.stop();
    },
    async stop() {
      arrivals.stop();
      await stopPoints();
      await simulator.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startSimulator(speed: number): Promise<Simulator> {
  const simulator = await createSimulator({
    merchants: freshMchids(1).map((mchid) => ({ mchid, mode: 'certificate' as const })),
    ...(speed === 1 ? { clock: 'real' } : { clock: 'accelerated', speed }),
    defaultNotifyUrl: NOTIFY_URL,
  });
  await simulator.listen();
  return simulator;
}
