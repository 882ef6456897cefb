import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { openTraceCollector, type TraceCollector } from '@payguard/local/load/trace-collector';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import { ORDER_TOPICS } from '@payguard/points/order-event';
import { createReceivers, type Receivers } from '@payguard/receivers/receivers';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createSimulator } from 'wechatpay-simulator';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';
import { openTestDatabase } from '../../packages/shared/tests/database/open-test-database.ts';
import { beginAtTheEnd } from '../../packages/shared/tests/kafka/topic-ends.ts';
import { ALERTER_TOPICS } from '../../services/alerter/src/decode-record.ts';
import { bundlePrograms } from '../bundle-programs.ts';
import { type BundledProcess, startBundled } from './bundled-process.ts';

const BUNDLED = ['callback-gateway', 'points', 'alerter', 'payguard'];
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };

/** Gateway, points and alerter as they are delivered, all that they are told in one collector. */
export type TracedSystem = {
  callbackUrl: string;
  merchant: MerchantDescription;
  pool: DatabasePool;
  collector: TraceCollector;
  receivers: Receivers;
  /** Where the bundles lie. */
  bundles: string;
  /** Makes one of them again, elsewhere; answers where. */
  bundleAgain(name: string): Promise<string>;
  /** Runs the bundled command line tool; answers what it says. */
  payguard(...args: string[]): Promise<string>;
  /** Stops the services in order, which sends their last spans. */
  stopServices(): Promise<void>;
  stop(): Promise<void>;
};

export async function openTracedSystem(brokers: string[]): Promise<TracedSystem> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-traced-'));
  const bundles = join(folder, 'dist');
  const [database, collector, receivers, merchant] = await Promise.all([
    openTestDatabase(),
    openTraceCollector(),
    createReceivers({ stateDir: folder }),
    makeMerchant(folder),
    bundlePrograms(bundles, BUNDLED),
  ]);
  const env = { KAFKA_BROKERS: brokers.join(), DATABASE_URL: database.url, ...tracingEnvironment(collector) };
  const payguard = (...args: string[]) => runNode([join(bundles, 'payguard.mjs'), ...args], env);
  const group = `traced-${process.pid}`;
  await Promise.all([payguard('migrate'), prepareTopics(brokers, group)]);
  const port = await findFreePort();
  const services = await startServices({ bundles, folder, port, receivers, env, group });
  let stopped: Promise<unknown> | undefined;
  const stopServices = async (): Promise<void> => {
    stopped ??= Promise.all(services.map((service) => service.stop()));
    await stopped;
  };
  return {
    callbackUrl: `http://127.0.0.1:${port}/api/payment/wechat/callback`,
    ...{ merchant, pool: database.pool, collector, receivers, bundles, payguard, stopServices },
    async bundleAgain(name) {
      await bundlePrograms(join(folder, 'again'), [name]);
      return join(folder, 'again', `${name}.mjs`);
    },
    async stop() {
      await stopServices();
      await Promise.all([receivers.close(), collector.close(), database.drop()]);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function tracingEnvironment(collector: TraceCollector): Record<string, string> {
  return { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint, OTEL_TRACES_SAMPLER_ARG: '1' };
}

async function makeMerchant(folder: string): Promise<MerchantDescription> {
  const simulator = await createSimulator({ stateDir: join(folder, 'simulator') });
  const [merchant] = simulator.merchants;
  await simulator.close();
  if (merchant === undefined) throw new Error('the simulator has a merchant');
  writeFileSync(join(folder, 'apiv3.key'), merchant.apiV3Key);
  const keys = { apiV3KeyFile: 'apiv3.key', verificationKeysDir: merchant.paths?.verification };
  // JSON is YAML.
  const file = { merchants: [{ mchid: merchant.mchid, appids: [merchant.appid], keys }] };
  writeFileSync(join(folder, 'merchants.yaml'), JSON.stringify(file));
  return merchant;
}

async function prepareTopics(brokers: string[], group: string): Promise<void> {
  const settings = { KAFKA_BROKERS: brokers, KAFKA_SSL: false };
  const kafka = createKafka('traced', settings, createLogger('traced', 'silent'));
  await ensureTopics(kafka, ONE_BROKER);
  await Promise.all([
    beginAtTheEnd(kafka, `${group}-points`, Object.keys(ORDER_TOPICS)),
    beginAtTheEnd(kafka, `${group}-alerter`, ALERTER_TOPICS),
  ]);
}

async function startServices(world: {
  bundles: string;
  folder: string;
  port: number;
  receivers: Receivers;
  env: Record<string, string>;
  group: string;
}): Promise<BundledProcess[]> {
  const { folder, group, port } = world;
  const env = { ...world.env, HOST: '127.0.0.1', MERCHANTS_FILE: join(folder, 'merchants.yaml') };
  const start = async (name: string, more: Record<string, string>): Promise<BundledProcess> => {
    const cwd = join(folder, `run-${name}`);
    mkdirSync(cwd);
    const operationsPort = await findFreePort();
    return startBundled({ file: join(world.bundles, `${name}.mjs`), cwd, env: { ...env, ...more }, operationsPort });
  };
  return Promise.all([
    start('callback-gateway', { PORT: String(port) }),
    start('points', { CONSUMER_GROUP: `${group}-points` }),
    start('alerter', { PORT: '0', CONSUMER_GROUP: `${group}-alerter`, ...writeAlerterFiles(folder, world.receivers) }),
  ]);
}

function writeAlerterFiles(folder: string, receivers: Receivers): Record<string, string> {
  const webhook = { type: 'webhook', url: receivers.webhook, secretFile: receivers.files.webhookSecret };
  const groupSeconds = { critical: 0, warning: 0, info: 0 };
  const alerts = { channels: { webhook }, routes: [{ to: ['webhook'] }], groupSeconds };
  const files = { ALERTS_FILE: join(folder, 'alerts.yaml'), ALERTMANAGER_TOKEN_FILE: join(folder, 'token') };
  writeFileSync(files.ALERTS_FILE, JSON.stringify(alerts));
  writeFileSync(files.ALERTMANAGER_TOKEN_FILE, 'a-token-that-nobody-uses-here');
  return files;
}

async function runNode(args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return (await promisify(execFile)(process.execPath, args, { env })).stdout;
}
