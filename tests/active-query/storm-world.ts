import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { environment as pointsEnvironment } from '@payguard/points/config';
import { startPoints } from '@payguard/points/start-points';
import { runPoll } from '@payguard/reconciler/poll/run-poll';
import { systemClock } from '@payguard/shared/clock/clock';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import type { MicroBatchPublisher, OutgoingRecord } from '@payguard/shared/kafka/micro-batch-publisher';
import { createMicroBatchPublisher } from '@payguard/shared/kafka/micro-batch-publisher';
import { onceKnown } from '@payguard/shared/kafka/once-known';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { openWechatPayClients } from '@payguard/shared/wechatpay-api/open-clients';
import { watchKeyRing } from '@payguard/shared/wechatpay-verify/watch-key-ring';
import type { Kafka } from 'kafkajs';
import { inject } from 'vitest';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import { openTestDatabase } from '../../packages/shared/tests/database/open-test-database.ts';

export type WorldMerchant = { mchid: string; latePayment?: 'credit' | 'review' | 'refund' };

export type Published = OutgoingRecord & {
  /** ms UTC on the world's clock. */
  at: number;
};

/** WeChat Pay, poll and points in this process on one clock that runs fast, with real Kafka and a database of its own. */
export type StormWorld = {
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
  merchants: readonly WorldMerchant[];
  /** How many times as fast as real time; every real delay (a query takes 5–10 ms) counts so many times as much. */
  speed: number;
  requestsPerSecond: number;
  defaultNotifyUrl: string;
  /** Where poll asks, when not at the simulator itself: somebody on the way. */
  apiUrl?: (simulatorUrl: string) => string;
};

/** As the timetable has it: a run works until second 55 of its minute. */
const RUN_MS = 55_000;
const LOOK_MS = 50;
const CAUGHT_UP_TIMEOUT_MS = 30_000;
const ORDER_TOPICS = ['payment.confirmed', 'payment.refunded', 'payment.closed', 'payment.decision'];
const MAX_QUEUED = 10_000;
const POLL_CONCURRENCY = 32;
const SHOP_TIME_ZONE = 'Asia/Shanghai';
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };

/** Merchant numbers that no other world of this run has: topics are shared. */
export function freshMchids(count: number): string[] {
  const prefix = `17${String(randomBytes(4).readUInt32BE() % 1_000_000).padStart(6, '0')}`;
  return Array.from({ length: count }, (_, n) => prefix + String(n).padStart(2, '0'));
}

export async function openStormWorld(options: WorldOptions): Promise<StormWorld> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-storm-'));
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const simulator = await createSimulator({
    merchants: options.merchants.map(({ mchid }) => ({ mchid, mode: 'certificate' as const })),
    clock: 'accelerated',
    speed: options.speed,
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
  await beginAtTheEnd(kafka, group);
  const pointsConfig = loadEnvironment(pointsEnvironment, {
    KAFKA_BROKERS: brokers.KAFKA_BROKERS.join(),
    DATABASE_URL: database.url,
    MERCHANTS_FILE: merchantsFile,
    CONSUMER_GROUP: group,
    HOST: '127.0.0.1',
    METRICS_PORT: '0',
    LOG_LEVEL: 'silent',
  });
  const points = await startPoints(pointsConfig, log, clock);

  const producer = createProducer(kafka);
  await producer.connect();
  const published: Published[] = [];
  const publisher = noting(createMicroBatchPublisher(producer, { maxQueued: MAX_QUEUED }), published, () =>
    clock.now(),
  );
  const keyRing = watchKeyRing(merchants, log);
  const apiUrl = options.apiUrl?.(simulator.apiUrl) ?? simulator.apiUrl;
  const clients = openWechatPayClients({
    ...{ merchants, clock, log, apiUrls: [apiUrl], keys: () => keyRing.current() },
    budget: { pool: database.pool, share: 'poll' },
  });
  const deps = {
    ...{ pool: database.pool, publisher, clients: clients.byMchid, merchants, clock, log },
    ...{ shopTimeZone: SHOP_TIME_ZONE, chance: Math.random, concurrency: POLL_CONCURRENCY },
  };
  let runs = 0;
  let stopping = new AbortController();
  let polling: Promise<void> = Promise.resolve();
  const keepPolling = async (signal: AbortSignal): Promise<void> => {
    while (!signal.aborted) {
      runs += 1;
      await runPoll({ ...deps, runBy: `${group}:${runs}` }, { until: clock.now() + RUN_MS }, signal);
    }
  };
  const stopPolling = async (): Promise<void> => {
    stopping.abort();
    await polling;
  };

  return {
    ...{ simulator, pool: database.pool, merchantsFile, published, publisher },
    startPolling() {
      stopping = new AbortController();
      polling = keepPolling(stopping.signal);
    },
    stopPolling,
    caughtUp: () => waitForOffsets(kafka, group),
    async stop() {
      await stopPolling();
      await clients.close();
      await publisher.drain(1_000);
      await points.stop();
      await producer.disconnect();
      keyRing.close();
      await simulator.close();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The topics hold what other test files wrote; this world's points needs none of it. */
async function beginAtTheEnd(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  for (const topic of ORDER_TOPICS) {
    const offsets = await onceKnown(() => admin.fetchTopicOffsets(topic));
    const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }));
    await admin.setOffsets({ groupId, topic, partitions });
  }
  await admin.disconnect();
}

async function waitForOffsets(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    const deadline = performance.now() + CAUGHT_UP_TIMEOUT_MS;
    const ends = new Map<string, string>();
    for (const topic of ORDER_TOPICS) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic)) ends.set(`${topic}/${partition}`, high);
    }
    const isBehind = async (): Promise<boolean> => {
      const groups = await admin.fetchOffsets({ groupId, topics: ORDER_TOPICS });
      return groups.some(({ topic, partitions }) =>
        partitions.some(({ partition, offset }) => BigInt(offset) < BigInt(ends.get(`${topic}/${partition}`) ?? '0')),
      );
    };
    while (await isBehind()) {
      if (performance.now() > deadline) throw new Error(`points is behind after ${CAUGHT_UP_TIMEOUT_MS} ms`);
      await delay(LOOK_MS);
    }
  } finally {
    await admin.disconnect();
  }
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

function writeMerchants(folder: string, simulator: Simulator, options: WorldOptions): string {
  const merchants = simulator.merchants.map((merchant) => {
    const write = (name: string, text: string): string => {
      const file = join(folder, merchant.mchid, name);
      mkdirSync(join(file, '..'), { recursive: true });
      writeFileSync(file, text);
      return file;
    };
    write(`verification/${merchant.platform.serial}.pem`, merchant.platform.certificatePem);
    return {
      ...{ mchid: merchant.mchid, appids: [merchant.appid], notifyUrl: options.defaultNotifyUrl },
      latePayment: options.merchants.find(({ mchid }) => mchid === merchant.mchid)?.latePayment ?? 'credit',
      requestsPerSecond: options.requestsPerSecond,
      keys: {
        apiV3KeyFile: write('apiv3.key', merchant.apiV3Key),
        privateKeyFile: write('apiclient_key.pem', merchant.privateKeyPem),
        certificateSerial: merchant.serialNo,
        verificationKeysDir: join(folder, merchant.mchid, 'verification'),
      },
    };
  });
  const file = join(folder, 'merchants.yaml');
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ merchants }));
  return file;
}
