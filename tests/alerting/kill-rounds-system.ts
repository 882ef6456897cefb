import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import { ownStateDir } from '@payguard/local/supervise/own-state-dir';
import { prepareTopics } from '@payguard/local/system/prepare-data';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { Producer } from 'kafkajs';
import type { TestServers } from '../active-query/poll-world.ts';
import { keepProcess } from '../kept-process.ts';
import { createMigratedDatabase } from '../migrated-database.ts';
import { openWebhookDesk, type WebhookDesk } from './webhook-desk.ts';

/** The alerter as a process of its own, and a desk in this one that takes its messages. */
export type KillRoundsSystem = {
  /** No other run has it: topics are shared with other tests, and what earlier runs wrote is still there. */
  readonly name: string;
  readonly pool: DatabasePool;
  readonly producer: Producer;
  readonly desk: WebhookDesk;
  /** kill -9; the alerter is started again at once. */
  kill(): Promise<void>;
  /** Resolves when an alerter holds every channel. */
  untilSending(): Promise<void>;
  /** Ends the leases that a killed process has left behind, in place of waiting for 30 s. */
  endLeases(): Promise<void>;
  stop(): Promise<void>;
};

export const CHANNELS = ['desk-a', 'desk-b'] as const;
const HOST = '127.0.0.1';
/** A start of Node on a busy machine, and a lease that is waited out. */
const SENDING_WITHIN_MS = 60_000;
const LOOK_MS = 20;
const MAIN = join(import.meta.dirname, '../../services/alerter/src/main.ts');

export async function startKillRoundsSystem(servers: TestServers, stateDir: string): Promise<KillRoundsSystem> {
  const name = randomBytes(6).toString('hex');
  const owner = await ownStateDir({ stateDir, onProgress: () => undefined });
  const brokers = { KAFKA_BROKERS: servers.brokers, KAFKA_SSL: false };
  await prepareTopics(brokers);
  const database = await createMigratedDatabase(servers.databaseUrl);
  const desk = await openWebhookDesk();
  const producer = createProducer(createKafka('kill-rounds', brokers, createLogger('kill-rounds', 'silent')));
  await producer.connect();
  const port = await findFreePort();
  const logFile = join(stateDir, 'logs', 'alerter.log');
  const alerter = keepProcess({
    command: process.execPath,
    args: [MAIN],
    env: {
      ...{ KAFKA_BROKERS: servers.brokers.join(), KAFKA_SSL: 'false', DATABASE_URL: database.url },
      ...writeFiles(join(stateDir, 'files'), desk),
      CONSUMER_GROUP: `alerter-${name}`,
      ...{ HOST, PORT: String(port), METRICS_PORT: String(await findFreePort([port])), LOG_LEVEL: 'info' },
    },
    logFile,
    registerChild: (pid) => owner.registerChild('alerter', pid),
  });
  return {
    ...{ name, pool: database.pool, producer, desk, kill: alerter.kill },
    async untilSending() {
      const deadline = performance.now() + SENDING_WITHIN_MS;
      while (!(await isEveryChannelHeld(database.pool))) {
        if (performance.now() > deadline) throw new Error(`no alerter sends: see ${logFile}`);
        await delay(LOOK_MS);
      }
    },
    async endLeases() {
      await database.pool.query('UPDATE alert_channels SET lease_until = ?', [utcText(Date.now())]);
    },
    async stop() {
      await alerter.stop();
      await producer.disconnect();
      await desk.close();
      await database.drop();
      owner.release();
    },
  };
}

async function isEveryChannelHeld(pool: DatabasePool): Promise<boolean> {
  const rows: unknown[] = await pool.query('SELECT channel FROM alert_channels WHERE lease_until > ?', [
    utcText(Date.now()),
  ]);
  return rows.length === CHANNELS.length;
}

/** alerts.yaml (JSON is YAML) and what it points at. */
function writeFiles(folder: string, desk: WebhookDesk): { ALERTS_FILE: string; ALERTMANAGER_TOKEN_FILE: string } {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, text: string): string => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  const secretFile = write('webhook-secret', `whsec_${randomBytes(32).toString('base64')}`);
  const settings = (name: string) => ({ type: 'webhook', url: desk.url(name), secretFile, perMinute: 600 });
  const alerts = {
    channels: Object.fromEntries(CHANNELS.map((name) => [name, settings(name)])),
    routes: [{ to: CHANNELS }],
    groupSeconds: { critical: 0, warning: 0, info: 0 },
  };
  return {
    ALERTS_FILE: write('alerts.yaml', JSON.stringify(alerts)),
    ALERTMANAGER_TOKEN_FILE: write('alertmanager-token', randomBytes(24).toString('hex')),
  };
}
