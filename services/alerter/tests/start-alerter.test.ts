import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@payguard/shared/config/config-error';
import type { ConsumedRecord } from '@payguard/shared/kafka/batch-consumer';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka, createProducer } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { NO_BROKER } from '../../../packages/shared/tests/kafka/no-broker.ts';
import { beginAtTheEnd } from '../../../packages/shared/tests/kafka/topic-ends.ts';
import { environment } from '../src/config.ts';
import { ALERTER_TOPICS } from '../src/decode-record.ts';
import { startAlerter } from '../src/start-alerter.ts';
import { openAlerterDatabase } from './alerter-database.ts';
import { creditEvent, creditRecord, mismatchEvent, mismatchRecord, rawRecord } from './alerter-fixtures.ts';

declare module 'vitest' {
  interface ProvidedContext {
    kafkaBrokers: string[];
  }
}

const TOKEN = 'a-token-of-this-test-alone';
const SOON = { timeout: 45_000, interval: 50 };
/** Other tests speak on the same topics. */
const RUN = randomBytes(4).toString('hex').toUpperCase();
const GROUP = `alerter-${RUN}`;
const log = createLogger('alerter', 'silent');

let folder: string;
let receiver: Server;
let database: Awaited<ReturnType<typeof openAlerterDatabase>>;
let producer: Producer;
let variables: Record<string, string>;
/** What arrived, by path. */
const received: { path: string; body: string }[] = [];
let running: Awaited<ReturnType<typeof startAlerter>> | undefined;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'payguard-alerter-'));
  receiver = createServer(async (request, response) => {
    received.push({ path: request.url ?? '', body: (await request.toArray()).join('') });
    response.writeHead(204).end();
  });
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  database = await openAlerterDatabase();
  const kafka = createKafka('test', { KAFKA_BROKERS: inject('kafkaBrokers'), KAFKA_SSL: false }, log);
  await ensureTopics(kafka, { partitions: 1, replicationFactor: 1, minInSyncReplicas: 1 });
  await beginAtTheEnd(kafka, GROUP, ALERTER_TOPICS);
  producer = createProducer(kafka);
  await producer.connect();
  variables = writeFiles(`http://127.0.0.1:${(receiver.address() as AddressInfo).port}`);
});
afterEach(async () => {
  await running?.stop();
  running = undefined;
});
afterAll(async () => {
  await producer.disconnect();
  await database.drop();
  receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

function writeFiles(url: string): Record<string, string> {
  writeFileSync(join(folder, 'token'), TOKEN);
  writeFileSync(join(folder, 'secret'), `whsec_${randomBytes(24).toString('base64')}`);
  const alerts = {
    channels: { page: { type: 'webhook', url: `${url}/page`, secretFile: 'secret', perMinute: 600 } },
    routes: [{ to: ['page'] }],
    groupSeconds: { critical: 0, warning: 0, info: 0 },
    shop: { url: `${url}/shop`, secretFile: 'secret' },
  };
  writeFileSync(join(folder, 'alerts.yaml'), JSON.stringify(alerts));
  return {
    KAFKA_BROKERS: inject('kafkaBrokers').join(','),
    DATABASE_URL: database.url,
    ALERTS_FILE: join(folder, 'alerts.yaml'),
    ALERTMANAGER_TOKEN_FILE: join(folder, 'token'),
    CONSUMER_GROUP: GROUP,
    HOST: '127.0.0.1',
    PORT: '0',
    METRICS_PORT: '0',
  };
}

async function start(changes: Record<string, string> = {}) {
  running = await startAlerter(environment.parse({ ...variables, ...changes }), log);
  return running;
}

async function publish(...records: ConsumedRecord[]): Promise<void> {
  for (const { topic, message } of records) await producer.send({ topic, messages: [message], acks: -1 });
}

/** Messages that name the order. */
const messagesAbout = (path: string, order: string) =>
  received.filter((each) => each.path === path && each.body.includes(order));

describe('the alerter', () => {
  it('tells people of a mismatch and of its end, and the shop of the credit that repaired it, once over restarts', async () => {
    const order = `START_${RUN}_1`;
    const event = mismatchEvent(order);
    await start();
    await publish(mismatchRecord(event));
    await vi.waitFor(() => expect(messagesAbout('/page', order)).toHaveLength(1), SOON);
    await running?.stop();
    await start();
    await publish(
      mismatchRecord(event),
      mismatchRecord({ ...event, state: 'auto_repaired' }),
      creditRecord(creditEvent(order)),
    );
    await vi.waitFor(() => expect(messagesAbout('/page', order)).toHaveLength(2), SOON);
    await vi.waitFor(() => expect(messagesAbout('/shop', order)).toHaveLength(1), SOON);
    const later = `START_${RUN}_2`;
    await publish(creditRecord(creditEvent(order)), mismatchRecord(event), mismatchRecord(mismatchEvent(later)));
    await vi.waitFor(() => expect(messagesAbout('/page', later)).toHaveLength(1), SOON);
    expect(messagesAbout('/page', order)).toHaveLength(2);
    expect(messagesAbout('/shop', order)).toHaveLength(1);
  });

  it('buries what it cannot read, with its provenance, and says so in its metrics', async () => {
    const { operationsUrl } = await start();
    await publish(rawRecord('payment.mismatch', `{broken ${RUN}`, { ce_type: 'payment.mismatch.v1', ce_id: RUN }));
    await vi.waitFor(async () => {
      const text = await (await fetch(`${operationsUrl}/metrics`)).text();
      expect(text).toMatch(/payguard_dead_letters_total\{topic="payment\.mismatch",service="alerter"\} [1-9]/);
    }, SOON);
  });

  it('is ready, and takes alerts, while Kafka is away: that is what people have to be told of', async () => {
    const { url, operationsUrl } = await start({ KAFKA_BROKERS: NO_BROKER });
    await vi.waitFor(async () => expect((await fetch(`${operationsUrl}/health/ready`)).status).toBe(200), SOON);
    const name = `KafkaAway${RUN}`;
    const alert = {
      status: 'firing',
      labels: { alertname: name, severity: 'critical' },
      annotations: { summary: `${name}` },
      startsAt: new Date().toISOString(),
      endsAt: '0001-01-01T00:00:00Z',
      fingerprint: name,
    };
    const response = await fetch(`${url}/v1/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
      body: JSON.stringify({ version: '4', alerts: [alert] }),
    });
    expect(response.status).toBe(204);
    await vi.waitFor(() => expect(messagesAbout('/page', name)).toHaveLength(1), SOON);
  });

  it('does not start with settings that it cannot use, and names the field', async () => {
    const broken = join(folder, 'broken.yaml');
    const channels = { page: { type: 'webhook', url: 'http://127.0.0.1:9/', secretFile: 'secret' } };
    const digest = { timeZone: 'Asia/Nowhere', to: ['page'] };
    writeFileSync(broken, JSON.stringify({ channels, routes: [{ to: ['page'] }], digest }));
    await expect(start({ ALERTS_FILE: broken })).rejects.toThrow(ConfigError);
    await expect(start({ ALERTS_FILE: broken })).rejects.toThrow('digest.timeZone');
    writeFileSync(broken, JSON.stringify({ channels, routes: [{ severities: ['critical'], to: ['page'] }] }));
    await expect(start({ ALERTS_FILE: broken })).rejects.toThrow('routes: nobody would hear of');
    await expect(start({ ALERTMANAGER_TOKEN_FILE: join(folder, 'absent') })).rejects.toThrow('ALERTMANAGER_TOKEN_FILE');
  });
});
