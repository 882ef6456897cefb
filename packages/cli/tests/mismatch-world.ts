import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { mismatchRecord } from '@payguard/shared/sync-order/order-records';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { inject } from 'vitest';
import { environment as alerterEnvironment } from '../../../services/alerter/src/config.ts';
import { ALERTER_TOPICS } from '../../../services/alerter/src/decode-record.ts';
import { startAlerter } from '../../../services/alerter/src/start-alerter.ts';
import { openTestDatabase } from '../../shared/tests/database/open-test-database.ts';
import { beginAtTheEnd } from '../../shared/tests/kafka/topic-ends.ts';
import { type Result, runPayguard } from './run-payguard.ts';

export const MCHID = '1900000009';

/** Real Kafka and MariaDB, and the alerter of this process; its messages go nowhere. */
export type MismatchWorld = {
  pool: DatabasePool;
  payguard(...args: string[]): Promise<Result>;
  /** A mismatch that a part of the system has found. */
  findMismatch(outTradeNo: string, kind: 'paid_not_recorded' | 'amount_mismatch'): Promise<void>;
  close(): Promise<void>;
};

export async function openMismatchWorld(): Promise<MismatchWorld> {
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const folder = mkdtempSync(join(tmpdir(), 'payguard-mismatch-'));
  const group = `alerter-${randomBytes(4).toString('hex')}`;
  const log = createLogger('alerter', 'silent');
  const kafka = createKafka('test', { KAFKA_BROKERS: inject('kafkaBrokers'), KAFKA_SSL: false }, log);
  await ensureTopics(kafka, { partitions: 1, replicationFactor: 1, minInSyncReplicas: 1 });
  await beginAtTheEnd(kafka, group, ALERTER_TOPICS);
  const environment = {
    ...writeFiles(folder),
    KAFKA_BROKERS: inject('kafkaBrokers').join(','),
    DATABASE_URL: database.url,
    CONSUMER_GROUP: group,
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
  };
  const alerter = await startAlerter(alerterEnvironment.parse(environment), log);
  const producer = createProducer(kafka);
  await producer.connect();
  return {
    pool: database.pool,
    payguard: (...args) => runPayguard(args, environment),
    async findMismatch(outTradeNo, kind) {
      const { topic, ...message } = mismatchRecord(
        {
          kind,
          mchid: MCHID,
          outTradeNo,
          transactionId: null,
          refundId: null,
          systemStatus: 'pending',
          wechatStatus: 'SUCCESS',
          systemAmount: 600,
          wechatAmount: 1,
        },
        { source: '/test', now: Date.now(), requestId: null },
      );
      await producer.send({ topic, messages: [message], acks: -1 });
    },
    async close() {
      await alerter.stop();
      await producer.disconnect();
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function writeFiles(folder: string): Record<string, string> {
  const [alerts, token, secret] = ['alerts.yaml', 'token', 'secret'].map((name) => join(folder, name));
  if (alerts === undefined || token === undefined || secret === undefined) throw new Error('three files');
  writeFileSync(token, randomBytes(24).toString('hex'));
  writeFileSync(secret, `whsec_${randomBytes(24).toString('base64')}`);
  // JSON is YAML.
  const channel = { type: 'webhook', url: 'http://127.0.0.1:9/', secretFile: 'secret' };
  writeFileSync(alerts, JSON.stringify({ channels: { nowhere: channel }, routes: [{ to: ['nowhere'] }] }));
  return { ALERTS_FILE: alerts, ALERTMANAGER_TOKEN_FILE: token };
}
