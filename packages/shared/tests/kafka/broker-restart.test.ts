import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Producer } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
// By path: the package itself depends on this one, and two packages may not depend on each other.
import { type RunningServers, startServers } from '../../../local/src/servers/start-servers.ts';
import { type BatchConsumer, startBatchConsumer } from '../../src/kafka/batch-consumer.ts';
import { ensureTopics } from '../../src/kafka/ensure-topics.ts';
import { createKafka, createProducer } from '../../src/kafka/kafka-client.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

const STATE_DIR = join(import.meta.dirname, '../../../../.payguard/tests/consumer-faults');
const TOPIC = 'payment.closed';
/** "Back by itself within 15 s of its dependency's return." */
const BACK_WITHIN = { timeout: 15_000, interval: 50 };
const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };

let servers: RunningServers;
let producer: Producer;
let consumer: BatchConsumer;
const handled = new Set<string>();

beforeAll(async () => {
  servers = await startServers({ stateDir: STATE_DIR, onProgress: () => undefined });
  const log = createLogger('tests', 'silent');
  const kafka = createKafka('tests', { KAFKA_BROKERS: servers.kafka.brokers, KAFKA_SSL: false }, log);
  await ensureTopics(kafka, ONE_BROKER);
  producer = createProducer(kafka);
  await producer.connect();
  consumer = startBatchConsumer({
    kafka,
    groupId: `group-${randomUUID()}`,
    topics: [TOPIC],
    log,
    needsNewerRelease: () => false,
    handle: async (records) => {
      for (const { message } of records) handled.add(String(message.value));
      return async () => undefined;
    },
  });
});
afterAll(async () => {
  await consumer?.stop();
  await producer?.disconnect();
  await servers?.stop();
});

async function publish(count: number): Promise<string[]> {
  const values = Array.from({ length: count }, () => randomUUID());
  await producer.send({ topic: TOPIC, acks: -1, messages: values.map((value) => ({ value })) });
  return values;
}

async function areHandled(values: string[]): Promise<void> {
  await vi.waitUntil(() => values.every((value) => handled.has(value)), BACK_WITHIN);
}

describe('a consumer whose broker goes away', () => {
  it('is back by itself after the broker was killed, and misses nothing', { timeout: 60_000 }, async () => {
    await areHandled(await publish(100));
    const promised = await publish(100);
    await servers.kafka.kill();
    await servers.kafka.restart();
    await areHandled(promised);
    await areHandled(await publish(100));
    expect(consumer.healthy).toBe(true);
  });

  it('is back by itself after the broker hung', { timeout: 60_000 }, async () => {
    servers.kafka.pause();
    const late = publish(100);
    servers.kafka.resume();
    await areHandled(await late);
    await vi.waitUntil(() => consumer.healthy, BACK_WITHIN);
  });

  it('stops in bounded time while the broker is gone', { timeout: 60_000 }, async () => {
    await servers.kafka.kill();
    const startedAt = performance.now();
    await consumer.stop();
    expect(performance.now() - startedAt).toBeLessThan(10_000);
  });
});
