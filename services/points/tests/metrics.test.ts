import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { Registry } from 'prom-client';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { checkMetrics } from '../../../packages/shared/tests/telemetry/promtool.ts';
import type {} from '../../../tests/setup/global-servers.ts';
import { environment } from '../src/config.ts';
import { startPoints } from '../src/start-points.ts';
import { createTopicsState } from '../src/state/topics-state.ts';
import { MCHID } from './order-fixtures.ts';
import { openPointsDatabase } from './points-database.ts';

/** Nobody listens there. */
const NO_BROKER = '127.0.0.1:9';
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };

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
    const kafka = createKafka(
      'tests',
      { KAFKA_BROKERS: inject('kafkaBrokers'), KAFKA_SSL: false },
      createLogger('tests', 'silent'),
    );
    await ensureTopics(kafka, ONE_BROKER);
    const admin = kafka.admin();
    await admin.connect();
    const registry = new Registry();
    const groupId = `nobody-${process.pid}`;
    await createTopicsState(registry, [{ groupId, topics: ['payment.decision'] }]).refresh(admin, database.pool);
    await admin.disconnect();
    const text = await registry.metrics();
    expect(text).toMatch(
      new RegExp(`^payguard_consumer_lag_records{group="${groupId}",topic="payment.decision"} \\d+$`, 'm'),
    );
    expect(text).toMatch(/^payguard_dead_letters_unhandled\{topic="payment.confirmed"\} \d+$/m);
  });
});
