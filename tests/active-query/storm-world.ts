import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environment as pointsEnvironment } from '@payguard/points/config';
import { ORDER_TOPICS } from '@payguard/points/order-event';
import { startPoints } from '@payguard/points/start-points';
import { type Clock, systemClock } from '@payguard/shared/clock/clock';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import type { Running } from '@payguard/shared/config/run-main';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import type { MicroBatchPublisher, OutgoingRecord } from '@payguard/shared/kafka/micro-batch-publisher';
import { createMicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import { createLogger, type Logger } from '@payguard/shared/telemetry/logger';
import { inject } from 'vitest';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import { openTestDatabase } from '../../packages/shared/tests/database/open-test-database.ts';
import { beginAtTheEnd } from '../../packages/shared/tests/kafka/topic-ends.ts';
import { writeMerchants } from './storm-merchants.ts';
import { waitForOffsets } from './storm-offsets.ts';
import { openPolling } from './storm-polling.ts';

export type WorldMerchant = { mchid: string; latePayment?: 'credit' | 'review' | 'refund' };

export type Published = OutgoingRecord & {
  /** ms UTC on the world's clock. */
  at: number;
};

/** WeChat Pay, poll and points in this process on one clock that runs fast, with real Kafka and a database of its own. */
export type StormWorld = {
  /** Decides the simulator's ids and the poll's jitter. */
  readonly seed: number;
  readonly simulator: Simulator;
  readonly pool: DatabasePool;
  readonly merchantsFile: string;
  /** What poll (or a test) has published, in order. */
  readonly published: readonly Published[];
  readonly publisher: MicroBatchPublisher;
  startPolling(): void;
  /** Resolves when the runs under way have ended. */
  stopPolling(): Promise<void>;
  /** Resolves when points has done all that is published. */
  caughtUp(): Promise<void>;
  stop(): Promise<void>;
};

export type WorldOptions = {
  seed: number;
  merchants: readonly WorldMerchant[];
  /** How many times as fast as real time; every real delay (a query takes 5–10 ms) counts so many times as much. */
  speed: number;
  requestsPerSecond: number;
  defaultNotifyUrl: string;
  /** Where poll asks, when not at the simulator itself: somebody on the way. */
  apiUrl?: (simulatorUrl: string) => string;
};

const MAX_QUEUED = 10_000;
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };

export async function openStormWorld(options: WorldOptions): Promise<StormWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-storm-'));
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const simulator = await createSimulator({
    merchants: options.merchants.map(({ mchid }) => ({ mchid, mode: 'certificate' as const })),
    ...{ clock: 'accelerated', speed: options.speed, seed: String(options.seed) },
    defaultNotifyUrl: options.defaultNotifyUrl,
  });
  const { clock } = simulator;
  await simulator.listen();
  const merchantsFile = writeMerchants(folder, simulator, options);
  const merchants = loadMerchantsFile(merchantsFile);
  const log = createLogger('storm', 'silent');

  const brokers = { KAFKA_BROKERS: inject('kafkaBrokers'), KAFKA_SSL: false };
  const kafka = createKafka('storm', brokers, log);
  await ensureTopics(kafka, ONE_BROKER);
  const group = `points-${options.merchants[0]?.mchid ?? ''}`;
  await beginAtTheEnd(kafka, group, Object.keys(ORDER_TOPICS));
  const environment = { DATABASE_URL: database.url, MERCHANTS_FILE: merchantsFile, CONSUMER_GROUP: group };
  const points = await startWorldPoints({ ...environment, KAFKA_BROKERS: brokers.KAFKA_BROKERS.join() }, log, clock);

  const producer = createProducer(kafka);
  await producer.connect();
  const published: Published[] = [];
  const publisher = noting(createMicroBatchPublisher(producer, { maxQueued: MAX_QUEUED }), published, () =>
    clock.now(),
  );
  const apiUrl = options.apiUrl?.(simulator.apiUrl) ?? simulator.apiUrl;
  const polling = openPolling({
    ...{ pool: database.pool, publisher, merchants, clock, log, apiUrl },
    name: group,
    seed: options.seed,
  });

  return {
    ...{ seed: options.seed, simulator, pool: database.pool, merchantsFile, published, publisher },
    startPolling: polling.start,
    stopPolling: polling.stop,
    caughtUp: () => waitForOffsets(kafka, group),
    async stop() {
      await polling.close();
      await publisher.drain(1_000);
      await points.stop();
      await producer.disconnect();
      await simulator.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function noting(publisher: MicroBatchPublisher, published: Published[], now: () => number): MicroBatchPublisher {
  return Object.create(publisher, {
    publish: {
      value: (record: OutgoingRecord, timeoutMs: number) => {
        published.push({ ...record, at: now() });
        return publisher.publish(record, timeoutMs);
      },
    },
  });
}

function startWorldPoints(environment: Record<string, string>, log: Logger, clock: Clock): Promise<Running> {
  const config = loadEnvironment(pointsEnvironment, { ...environment, HOST: '127.0.0.1', METRICS_PORT: '0' });
  return startPoints(config, log, clock);
}
