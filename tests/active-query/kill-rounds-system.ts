import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import { startServers } from '@payguard/local/servers/start-servers';
import { ownStateDir } from '@payguard/local/supervise/own-state-dir';
import { writeApiKeys } from '@payguard/local/system/api-keys';
import { writeMerchantFiles } from '@payguard/local/system/merchant-files';
import { prepareSchema, prepareTopics } from '@payguard/local/system/prepare-data';
import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { createSimulator, type Simulator } from 'wechatpay-simulator';
import { type KeptProcess, keepProcess } from '../kept-process.ts';

/** What is killed. Of the two polls one goes on, and both share the work otherwise. */
export const KILLED_PARTS = ['poll', 'checkout', 'kafka', 'mariadb'] as const;
export type KilledPart = (typeof KILLED_PARTS)[number];

/** The services as processes of their own on servers of their own; WeChat Pay in this process, whose callbacks reach nobody. */
export type KillRoundsSystem = {
  readonly simulator: Simulator;
  readonly pool: DatabasePool;
  readonly checkoutUrl: string;
  readonly apiKeyFile: string;
  readonly mchid: string;
  /** kill -9; starts it again after `downMs`. */
  kill(part: KilledPart, downMs: number): Promise<void>;
  stop(): Promise<void>;
};

const SERVICES = join(import.meta.dirname, '../../services');
const HOST = '127.0.0.1';
/** Nobody listens there: every callback is lost. */
const NOTIFY_URL = `http://${HOST}:9/callback`;
const READY_TIMEOUT_MS = 60_000;
const LOOK_MS = 50;

export async function startKillRoundsSystem(stateDir: string): Promise<KillRoundsSystem> {
  const owner = await ownStateDir({ stateDir, onProgress: () => undefined });
  for (const folder of ['kafka', 'mariadb', 'simulator']) {
    await rm(join(stateDir, folder), { recursive: true, force: true });
  }
  const servers = await startServers({ stateDir, owner, onProgress: () => undefined });
  const simulator = await createSimulator({
    merchants: [{ mchid: '1900000109', mode: 'rotating' }],
    ...{ stateDir: join(stateDir, 'simulator'), defaultNotifyUrl: NOTIFY_URL },
  });
  await simulator.listen();
  const [described] = simulator.merchants;
  if (described === undefined) throw new Error('the simulator has no merchant');
  const { merchantsFile } = writeMerchantFiles(stateDir, described, NOTIFY_URL);
  const { mchid, appid } = described;
  const { apiKeysFile, apiKeyFile } = writeApiKeys(stateDir, mchid);
  await prepareSchema(servers.mariadb.url, { mchid, appid });
  await prepareTopics({ KAFKA_BROKERS: servers.kafka.brokers, KAFKA_SSL: false });

  const [checkoutPort, checkoutMetrics, pointsMetrics] = await freePorts();
  const shared = {
    ...{ KAFKA_BROKERS: servers.kafka.brokers.join(), DATABASE_URL: servers.mariadb.url },
    ...{ MERCHANTS_FILE: merchantsFile, HOST, LOG_LEVEL: 'info' },
  };
  const asking = { ...shared, WECHATPAY_API_URLS: simulator.apiUrl };
  const run = (name: string, service: string, args: string[], env: Record<string, string>): KeptProcess =>
    keepProcess({
      ...{ command: process.execPath, args: [join(SERVICES, service, 'src/main.ts'), ...args], env },
      logFile: join(stateDir, 'logs', `${name}.log`),
      registerChild: (pid) => owner.registerChild(name, pid),
    });
  const points = run('points', 'points', [], { ...shared, METRICS_PORT: String(pointsMetrics) });
  const checkout = run('checkout', 'checkout', [], {
    ...{ ...asking, API_KEYS_FILE: apiKeysFile, ALLOW_LOCAL_NOTIFY_URL: 'true' },
    ...{ PORT: String(checkoutPort), METRICS_PORT: String(checkoutMetrics) },
  });
  const polls = ['poll-1', 'poll-2'].map((name) => run(name, 'reconciler', ['poll'], asking));
  await Promise.all([pointsMetrics, checkoutMetrics].map((port) => untilReady(`http://${HOST}:${port}/health/ready`)));
  const pool = createDatabasePool({ url: servers.mariadb.url, connectionLimit: 4 });
  let pollsKilled = 0;

  return {
    ...{ simulator, pool, apiKeyFile, mchid, checkoutUrl: `http://${HOST}:${checkoutPort}` },
    kill: async (part, downMs) => {
      if (part === 'checkout') return checkout.kill();
      if (part === 'poll') return polls[pollsKilled++ % polls.length]?.kill();
      await servers[part].kill();
      await delay(downMs);
      await servers[part].restart();
    },
    async stop() {
      await pool.end();
      await Promise.all([...polls, checkout, points].map((each) => each.stop()));
      await simulator.close();
      await servers.stop();
      owner.release();
    },
  };
}

async function freePorts(): Promise<[number, number, number]> {
  const first = await findFreePort();
  const second = await findFreePort([first]);
  return [first, second, await findFreePort([first, second])];
}

async function untilReady(url: string): Promise<void> {
  const deadline = performance.now() + READY_TIMEOUT_MS;
  for (;;) {
    const status = await fetch(url).then(
      (answer) => answer.status,
      () => 0,
    );
    if (status === 200) return;
    if (performance.now() > deadline) throw new Error(`${url} is not ready after ${READY_TIMEOUT_MS} ms`);
    await delay(LOOK_MS);
  }
}
