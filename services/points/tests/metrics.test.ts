import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@payguard/shared/clock/clock';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { NO_BROKER } from '../../../packages/shared/tests/kafka/no-broker.ts';
import { checkMetrics } from '../../../packages/shared/tests/telemetry/promtool.ts';
import type {} from '../../../tests/setup/global-servers.ts';
import { environment } from '../src/config.ts';
import { createPointsMetrics } from '../src/metrics.ts';
import { startPoints } from '../src/start-points.ts';
import { createTopicsState } from '../src/state/topics-state.ts';
import { watchState } from '../src/state/watch-state.ts';
import { MCHID } from './order-fixtures.ts';
import { openPointsDatabase } from './points-database.ts';

const NO_DATABASE = 'mysql://root@127.0.0.1:9/payguard';
const GROUP = { groupId: `nobody-${process.pid}`, topics: ['payment.decision'] };
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };

const log = createLogger('tests', 'silent');
let database: Awaited<ReturnType<typeof openPointsDatabase>>;
let folder: string;
beforeAll(async () => {
  database = await openPointsDatabase();
  folder = mkdtempSync(join(tmpdir(), 'payguard-points-'));
  const keys = { apiV3KeyFile: 'apiv3.key', verificationKeysDir: 'keys' };
  // JSON is YAML.
  const merchants = JSON.stringify({ merchants: [{ mchid: MCHID, appids: ['wx1234567890abcdef'], keys }] });
  writeFileSync(join(folder, 'merchants.yaml'), merchants);
});
afterAll(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

describe('the metrics of points', () => {
  it('tell the state of the system also while Kafka is away, and promtool has nothing against them', async () => {
    const lines: string[] = [];
    const config = loadEnvironment(environment, {
      KAFKA_BROKERS: NO_BROKER,
      DATABASE_URL: database.url,
      MERCHANTS_FILE: join(folder, 'merchants.yaml'),
      ...{ HOST: '127.0.0.1', METRICS_PORT: '0' },
    });
    const points = await startPoints(config, createLogger('points', 'info', { write: (line) => lines.push(line) }));
    try {
      const listening = lines.find((line) => line.includes('"listening"'));
      const { operations } = JSON.parse(listening ?? '{}');
      const read = async () => (await fetch(`${operations}/metrics`)).text();
      await vi.waitUntil(async () => /^payguard_state_updated_timestamp_seconds\S* [1-9]/m.test(await read()));
      const text = await read();
      expect(text).toContain('payguard_orders_pending{service="points"} 0');
      expect(text).toMatch(/^payguard_build_info\{version="\d+\.\d+\.\d+",commit="\w+",service="points"\} 1$/m);
      expect(text).toMatch(/^payguard_database_pool_connections\{state="idle",service="points"\} \d+$/m);
      expect((await checkMetrics(operations)) ?? '').toBe('');
    } finally {
      await points.stop();
    }
  });

  it('show how far each consumer group is behind', async () => {
    const kafka = openKafka();
    await ensureTopics(kafka, ONE_BROKER);
    const admin = kafka.admin();
    await admin.connect();
    const registry = new Registry();
    const { lag, deadLetters } = createTopicsState(registry, [GROUP]);
    // A broker that has just started does not know yet who keeps a group's offsets.
    await vi.waitFor(() => lag.refresh(admin, database.pool), { timeout: 10_000 });
    await deadLetters.refresh(admin, database.pool);
    await admin.disconnect();
    const text = await registry.metrics();
    expect(text).toMatch(
      new RegExp(`^payguard_consumer_lag_records{group="${GROUP.groupId}",topic="payment.decision"} \\d+$`, 'm'),
    );
    expect(text).toMatch(/^payguard_dead_letters_unhandled\{topic="payment.confirmed"\} \d+$/m);
  });

  it('tell that the database is away without any traffic, and keep the lag of consumers', async () => {
    const registry = new Registry();
    const metrics = createPointsMetrics(registry);
    const pool = createDatabasePool({ url: NO_DATABASE, acquireTimeoutMs: 300 });
    const stopping = new AbortController();
    try {
      watchState({
        ...{ registry, pool, kafka: openKafka(), clock: systemClock, log, stopping: stopping.signal, groups: [GROUP] },
        ...{ shopTimeZone: 'Asia/Shanghai', callbackWindowMs: 600_000 },
        databaseReachable: (reachable) => metrics.databaseReachable('state', reachable),
      });
      await vi.waitUntil(() => !metrics.isDatabaseReachable, { timeout: 5_000 });
      // A round that still went through says nothing of whether the state can be read.
      metrics.databaseReachable('rounds', true);
      expect(await registry.getSingleMetricAsString('payguard_database_up')).toMatch(/^payguard_database_up 0$/m);
      const lag = () => registry.getSingleMetricAsString('payguard_consumer_lag_records');
      await vi.waitUntil(async () => (await lag()).includes('topic="payment.decision"'), { timeout: 5_000 });
      const text = await registry.metrics();
      expect(text).not.toMatch(/^payguard_(dead_letters_unhandled|state_updated_timestamp_seconds)\b/m);
      metrics.databaseReachable('state', true);
      expect(metrics.isDatabaseReachable).toBe(true);
    } finally {
      stopping.abort();
      await pool.end();
    }
  });
});

function openKafka() {
  return createKafka('tests', { KAFKA_BROKERS: inject('kafkaBrokers'), KAFKA_SSL: false }, log);
}
