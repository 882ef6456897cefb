import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import { ORDER_TOPICS } from '@payguard/points/order-event';
import { createApiKey } from '@payguard/shared/config/api-keys-file';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import { beginAtTheEnd } from '../../packages/shared/tests/kafka/topic-ends.ts';
import { bundleProgram } from '../../scripts/bundle/bundle-program.ts';
import { findPrograms } from '../../scripts/bundle/programs.ts';
import { ALERTER_TOPICS } from '../../services/alerter/src/decode-record.ts';
import { writeMerchantFiles } from '../../services/checkout/tests/merchant-files.ts';
import { createMigratedDatabase, type MigratedDatabase } from '../migrated-database.ts';
import { timeStart } from './time-start.ts';

/** A pod that is killed is another one so soon, where nothing else runs. */
const MAX_START_MS = 2_000;
const SERVICES = ['callback-gateway', 'points', 'alerter', 'checkout'];
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };
const GROUP = `cold-start-${process.pid}`;
/** Of those that consume. */
const TOPICS = { points: Object.keys(ORDER_TOPICS), alerter: ALERTER_TOPICS };

let folder: string;
let simulator: Simulator;
let database: MigratedDatabase;
let env: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payguard-cold-start-'));
  simulator = await createSimulator();
  await simulator.listen();
  database = await createMigratedDatabase(inject('databaseUrl'));
  const brokers = inject('kafkaBrokers');
  const kafka = createKafka(
    'cold-start',
    { KAFKA_BROKERS: brokers, KAFKA_SSL: false },
    createLogger('cold-start', 'silent'),
  );
  await ensureTopics(kafka, ONE_BROKER);
  const consumers = Object.entries(TOPICS);
  await Promise.all(consumers.map(([name, topics]) => beginAtTheEnd(kafka, `${GROUP}-${name}`, topics)));
  env = { KAFKA_BROKERS: brokers.join(), DATABASE_URL: database.url, HOST: '127.0.0.1', PORT: '0', ...writeFiles() };
}, 60_000);

afterAll(async () => {
  await simulator?.close();
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

function writeFiles(): Record<string, string> {
  const { sha256 } = createApiKey();
  const [merchant] = simulator.merchants;
  const key = { id: 'shop', sha256, mchids: [merchant?.mchid] };
  const notifyUrl = 'http://127.0.0.1:9/api/payment/wechat/callback';
  const { merchants, apiKeys } = writeMerchantFiles(folder, simulator.merchants, key, { notifyUrl });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const secretFile = write('webhook-secret', `whsec_${randomBytes(24).toString('base64')}`);
  const webhook = { type: 'webhook', url: 'http://127.0.0.1:9/', secretFile };
  return {
    MERCHANTS_FILE: merchants,
    API_KEYS_FILE: apiKeys,
    WECHATPAY_API_URLS: simulator.apiUrl,
    ALLOW_LOCAL_NOTIFY_URL: 'true',
    ALERTS_FILE: write('alerts.yaml', JSON.stringify({ channels: { webhook }, routes: [{ to: ['webhook'] }] })),
    ALERTMANAGER_TOKEN_FILE: write('token', 'a-token-that-nobody-uses-here'),
  };
}

describe('a cold start', () => {
  it.each(SERVICES)('of %s is over in two seconds', async (name) => {
    const cwd = join(folder, name);
    mkdirSync(cwd);
    const file = join(cwd, `${name}.mjs`);
    await bundleProgram(findPrograms().get(name) ?? '', file, 'small');
    const own = { ...env, CONSUMER_GROUP: `${GROUP}-${name}` };
    const { listeningMs, readyMs, processorMs } = await timeStart(file, cwd, own, await findFreePort());
    const figures = `listening after ${listeningMs.toFixed(0)} ms, ready after ${readyMs.toFixed(0)} ms`;
    console.log(`${name}: ${figures}, ${processorMs} ms of processor time`);
    // Beside other tests it waits for its turn, and Kafka for its group: what it computes itself is what a change changes.
    expect(processorMs).toBeLessThan(MAX_START_MS);
  });
});
