import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startServers } from '@payguard/local/servers/start-servers';
import { ownStateDir } from '@payguard/local/supervise/own-state-dir';
import { systemClock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { Kafka } from 'kafkajs';
import { createSimulator } from 'wechatpay-simulator';
import type { MerchantDescription } from 'wechatpay-simulator/control/describe-merchant';

/** Real servers, migrated, with topics and one merchant's keys: what every part of the bench runs against. */
export type BenchWorld = {
  brokers: string[];
  databaseUrl: string;
  kafka: Kafka;
  pool: DatabasePool;
  merchant: MerchantDescription;
  merchantsFile: string;
  stop(): Promise<void>;
};

const STATE_DIR = join(import.meta.dirname, '../.payguard/bench');
/** As many as production's topics have. */
const PARTITIONS = 12;

export async function openBenchWorld(say: (line: string) => void): Promise<BenchWorld> {
  // Empty servers each time; owning the folder first ends what a killed run left behind.
  const owner = await ownStateDir({ stateDir: STATE_DIR, onProgress: say });
  for (const data of ['kafka', 'mariadb', 'keys']) await rm(join(STATE_DIR, data), { recursive: true, force: true });
  const servers = await startServers({ stateDir: STATE_DIR, owner, onProgress: say });
  const log = createLogger('bench', 'silent');
  const kafka = createKafka('bench', { KAFKA_BROKERS: servers.kafka.brokers, KAFKA_SSL: false }, log);
  await ensureTopics(kafka, { partitions: PARTITIONS, replicationFactor: 1, minInSyncReplicas: 1 });
  const pool = createDatabasePool({ url: servers.mariadb.url, connectionLimit: 4 });
  await migrate({ pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const [merchant] = (await createSimulator()).merchants;
  if (merchant === undefined) throw new Error('the simulator has no merchant');
  return {
    brokers: servers.kafka.brokers,
    databaseUrl: servers.mariadb.url,
    kafka,
    pool,
    merchant,
    merchantsFile: await writeMerchantsFile(merchant),
    async stop() {
      await pool.end();
      await servers.stop();
      owner.release();
    },
  };
}

async function writeMerchantsFile(merchant: MerchantDescription): Promise<string> {
  const folder = join(STATE_DIR, 'keys');
  await mkdir(join(folder, 'verification'), { recursive: true });
  await writeFile(join(folder, 'apiv3.key'), merchant.apiV3Key);
  await writeFile(join(folder, 'verification', `${merchant.platform.serial}.pem`), merchant.platform.publicKeyPem);
  const file = join(folder, 'merchants.yaml');
  await writeFile(
    file,
    [
      'merchants:',
      `  - mchid: "${merchant.mchid}"`,
      `    appids: ["${merchant.appid}"]`,
      '    keys: { apiV3KeyFile: apiv3.key, verificationKeysDir: verification }',
      '',
    ].join('\n'),
  );
  return file;
}
