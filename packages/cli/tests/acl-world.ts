import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { Kafka } from 'kafkajs';
import { vi } from 'vitest';
import { environment as alerterEnvironment } from '../../../services/alerter/src/config.ts';
import { startAlerter } from '../../../services/alerter/src/start-alerter.ts';
import { environment as pointsEnvironment } from '../../../services/points/src/config.ts';
import { startPoints } from '../../../services/points/src/start-points.ts';
import { type Result, runPayguard } from './run-payguard.ts';
import { openShopWorld, type ShopWorld } from './shop-world.ts';
import { startOwnBroker } from './start-own-broker.ts';

export const USERS = ['gateway', 'points', 'reconciler', 'checkout', 'alerter', 'cli'] as const;
export type User = (typeof USERS)[number];

/** Few, so that what is denied is told at once: kafkajs takes a group that is refused for one that is not there yet. */
const FEW_RETRIES = { retries: 1, initialRetryTime: 50 };
const SCALE = ['--partitions', '1', '--replication-factor', '1', '--min-insync-replicas', '1'];

/** A shop on a Kafka that asks each part who it is, with the ACLs that `payguard topics` writes. */
export type AclWorld = {
  shop: ShopWorld;
  /** As a super user. */
  kafka: Kafka;
  kafkaAs(user: User): Kafka;
  payguardAs(user: User, ...args: string[]): Promise<Result>;
  /** Both real services, each as itself; answers where points shows its metrics. */
  startConsumers(): Promise<string>;
  /** `written`, or why not. */
  write(user: User, topic: string, value?: string): Promise<string>;
  close(): Promise<void>;
};

export async function openAclWorld(): Promise<AclWorld> {
  const [broker, shop] = await Promise.all([startOwnBroker(USERS), openShopWorld()]);
  const superUser = { ...shop.environment, KAFKA_BROKERS: broker.brokers };
  const principals = USERS.map((user) => `${user}=User:${user}`).join(',');
  for (const args of [['migrate'], ['topics', ...SCALE, '--acl-principals', principals]]) {
    const { code, stderr } = await runPayguard(args, superUser);
    if (code !== 0) throw new Error(stderr);
  }
  const log = createLogger('acl-world', 'silent');
  const kafka = createKafka('super', { KAFKA_BROKERS: [broker.brokers], KAFKA_SSL: false }, log);
  const environmentOf = (user: User): Record<string, string> => ({
    ...shop.environment,
    KAFKA_BROKERS: broker.saslBrokers,
    KAFKA_SASL_MECHANISM: 'plain',
    KAFKA_SASL_USERNAME: user,
    KAFKA_SASL_PASSWORD: user,
  });
  const kafkaAs = (user: User): Kafka =>
    createKafka(user, pointsEnvironment.parse(environmentOf(user)), log, FEW_RETRIES);
  const running: { stop(): Promise<void> }[] = [];
  return {
    shop,
    kafka,
    kafkaAs,
    payguardAs: (user, ...args) => runPayguard(args, environmentOf(user)),
    async startConsumers() {
      await Promise.all(['points', 'alerter'].map((groupId) => untilLoaded(kafka, groupId)));
      const alerter = { ...environmentOf('alerter'), ...writeAlerterFiles(shop.folder), CONSUMER_GROUP: 'alerter' };
      running.push(await startAlerter(alerterEnvironment.parse(alerter), log));
      const lines: string[] = [];
      const points = { ...environmentOf('points'), CONSUMER_GROUP: 'points' };
      const pointsLog = createLogger('points', 'info', { write: (line) => lines.push(line) });
      running.push(await startPoints(pointsEnvironment.parse(points), pointsLog));
      const { operations } = JSON.parse(lines.find((line) => line.includes('"listening"')) ?? '{}');
      return `${operations}/metrics`;
    },
    async write(user, topic, value = '{}') {
      const producer = createProducer(kafkaAs(user));
      try {
        await producer.connect();
        await producer.send({ topic, acks: -1, messages: [{ key: 'k', value }] });
        return 'written';
      } catch (error) {
        return String(error);
      } finally {
        await producer.disconnect();
      }
    },
    async close() {
      await Promise.all(running.map((service) => service.stop()));
      await broker.stop();
      await shop.close();
    },
  };
}

/** A broker that has just started loads its groups for a second or two, and the next look at the lag is 15 s away. */
async function untilLoaded(kafka: Kafka, groupId: string): Promise<void> {
  const admin = kafka.admin();
  await admin.connect();
  await vi.waitFor(() => admin.fetchOffsets({ groupId, topics: ['payment.confirmed'] }), { timeout: 15_000 });
  await admin.disconnect();
}

/** People and shop are told of nothing here: nobody listens. */
function writeAlerterFiles(folder: string): Record<string, string> {
  const [alerts, token] = [join(folder, 'alerts.yaml'), join(folder, 'token')];
  const page = { type: 'webhook', url: 'http://127.0.0.1:9/', secretFile: 'token' };
  writeFileSync(token, `whsec_${Buffer.alloc(24, 1).toString('base64')}`);
  writeFileSync(alerts, JSON.stringify({ channels: { page }, routes: [{ to: ['page'] }] }));
  return { ALERTS_FILE: alerts, ALERTMANAGER_TOKEN_FILE: token, PORT: '0' };
}
