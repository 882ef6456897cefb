import { randomUUID } from 'node:crypto';
import type { Kafka, Producer } from 'kafkajs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it, vi } from 'vitest';
import type {} from '../../../../tests/setup/global-servers.ts';
import { type BatchConsumer, type ConsumedRecord, startBatchConsumer } from '../../src/kafka/batch-consumer.ts';
import { createKafka, createProducer } from '../../src/kafka/kafka-client.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

const PARTITIONS = 3;
const SOON = { timeout: 12_000, interval: 25 };
const brokers = inject('kafkaBrokers') ?? process.env.KAFKA_BROKERS?.split(',');
if (brokers === undefined) throw new Error('No Kafka for the tests: run npm test, or set KAFKA_BROKERS.');
const log = createLogger('tests', 'silent');
const kafka: Kafka = createKafka('tests', { KAFKA_BROKERS: brokers, KAFKA_SSL: false }, log);
const producer: Producer = createProducer(kafka);
const admin = kafka.admin();

const usedTopics: string[] = [];
let topic: string;
let groupId: string;
let consumers: BatchConsumer[];

beforeAll(async () => {
  await Promise.all([producer.connect(), admin.connect()]);
});
afterAll(async () => {
  // Not earlier: a kafkajs producer asks for every topic it ever wrote to, and waits for one that is gone.
  await admin.deleteTopics({ topics: usedTopics });
  await Promise.all([producer.disconnect(), admin.disconnect()]);
});
beforeEach(async () => {
  topic = `test-${randomUUID()}`;
  usedTopics.push(topic);
  groupId = `group-${randomUUID()}`;
  consumers = [];
  await admin.createTopics({
    topics: [{ topic, numPartitions: PARTITIONS, replicationFactor: 1 }],
    waitForLeaders: false,
  });
  const isThere = async () => {
    // A topic just created is unknown to the metadata for a moment, which kafkajs reports as an error.
    const metadata = await admin.fetchTopicMetadata({ topics: [topic] }).catch(() => undefined);
    return metadata?.topics[0]?.partitions.every(({ leader }) => leader >= 0) ?? false;
  };
  await vi.waitUntil(isThere, SOON);
});
afterEach(async () => {
  // The topic stays: a producer asks for the metadata of all its topics for ever, and hangs on one that is gone.
  await Promise.all(consumers.map((consumer) => consumer.stop()));
});

async function publish(partition: number, ...values: string[]): Promise<void> {
  await producer.send({ topic, acks: -1, messages: values.map((value) => ({ partition, value })) });
}

function consume(
  handle: (records: ConsumedRecord[]) => Promise<void>,
  needsNewerRelease: (record: ConsumedRecord) => boolean = () => false,
): BatchConsumer {
  const consumer = startBatchConsumer({
    kafka,
    groupId,
    topics: [topic],
    log,
    needsNewerRelease,
    handle: async (records) => {
      await handle(records);
      return async () => undefined;
    },
  });
  consumers.push(consumer);
  return consumer;
}

const textOf = (record: ConsumedRecord) => record.message.value?.toString('utf8') ?? '';

async function committed(): Promise<Record<number, string>> {
  const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
  return Object.fromEntries((offsets?.partitions ?? []).map(({ partition, offset }) => [partition, offset]));
}

describe('the batch consumer', () => {
  it('reads from the beginning when its group is new, and merges partitions into one round', async () => {
    for (const partition of [0, 1, 2]) await publish(partition, `${partition}a`, `${partition}b`);
    const rounds: string[][] = [];
    const consumer = consume(async (records) => void rounds.push(records.map(textOf)));
    await vi.waitUntil(() => rounds.flat().length === 6, SOON);
    expect(rounds.flat().toSorted()).toEqual(['0a', '0b', '1a', '1b', '2a', '2b']);
    expect(rounds.length).toBeLessThan(6);
    expect(consumer.healthy).toBe(true);
    await vi.waitUntil(async () => Object.values(await committed()).every((offset) => offset === '2'), SOON);
  });

  it('goes on where the group left off', async () => {
    const seen: string[] = [];
    await publish(0, 'a');
    const first = consume(async (records) => void seen.push(...records.map(textOf)));
    await vi.waitUntil(async () => (await committed())[0] === '1', SOON);
    await first.stop();
    await publish(0, 'b');
    consume(async (records) => void seen.push(...records.map(textOf)));
    await vi.waitUntil(() => seen.includes('b'), SOON);
    expect(seen).toEqual(['a', 'b']);
  });

  it('commits no offset before the handler is done', async () => {
    await publish(0, 'a');
    const { promise: databaseDone, resolve: finish } = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    consume(async () => {
      begun.resolve();
      await databaseDone;
    });
    await begun.promise;
    expect(Number((await committed())[0] ?? -1)).toBe(-1);
    finish();
    await vi.waitUntil(async () => (await committed())[0] === '1', SOON);
  });

  it('delivers again what its handler failed on, until it is handled', async () => {
    await publish(0, 'a', 'b');
    const attempts: string[][] = [];
    consume(async (records) => {
      attempts.push(records.map(textOf));
      if (attempts.length < 3) throw new Error('database gone');
    });
    await vi.waitUntil(async () => (await committed())[0] === '2', SOON);
    expect(attempts).toEqual([
      ['a', 'b'],
      ['a', 'b'],
      ['a', 'b'],
    ]);
  });

  it('is replaced when its handler’s error ends it for good', async () => {
    await publish(0, 'a');
    let calls = 0;
    consume(async () => {
      calls += 1;
      if (calls === 1) throw Object.assign(new Error('not to be retried'), { retriable: false });
    });
    await vi.waitUntil(async () => (await committed())[0] === '1', SOON);
    expect(calls).toBe(2);
  });

  it('stops one partition at an event of a newer release, and handles all others', async () => {
    const seen: string[] = [];
    await publish(0, 'a', 'v2', 'behind');
    await publish(1, 'b');
    const isNewer = (record: ConsumedRecord) => textOf(record) === 'v2';
    const consumer = consume(async (records) => void seen.push(...records.map(textOf)), isNewer);
    await vi.waitUntil(() => consumer.pausedPartitions.length === 1 && seen.length === 2, SOON);
    expect(consumer.pausedPartitions).toEqual([`${topic}[0]`]);
    await publish(1, 'c');
    await publish(0, 'further behind');
    await vi.waitUntil(() => seen.includes('c'), SOON);
    expect(seen.toSorted()).toEqual(['a', 'b', 'c']);
    await vi.waitUntil(async () => (await committed())[0] === '1' && (await committed())[1] === '2', SOON);

    // The newer release comes: it reads on from the very event.
    await consumer.stop();
    consume(async (records) => void seen.push(...records.map(textOf)));
    await vi.waitUntil(() => seen.includes('further behind'), SOON);
    expect(seen.slice(3)).toEqual(['v2', 'behind', 'further behind']);
  });

  it('handles at most 500 records a round', async () => {
    await publish(0, ...Array.from({ length: 1_200 }, (_, n) => `r${n}`));
    const sizes: number[] = [];
    consume(async (records) => void sizes.push(records.length));
    await vi.waitUntil(() => sizes.reduce((sum, size) => sum + size, 0) >= 1_200, SOON);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(500);
  });

  it('shares the partitions with a second member, and every record is handled', async () => {
    const seen: string[] = [];
    const handle = async (records: ConsumedRecord[]) => void seen.push(...records.map(textOf));
    consume(handle);
    const sent: string[] = [];
    const sendMore = async () => {
      for (const partition of [0, 1, 2]) {
        const value = `r${sent.length}`;
        sent.push(value);
        await publish(partition, value);
      }
    };
    await sendMore();
    await vi.waitUntil(() => seen.length >= 3, SOON);
    const second = consume(handle);
    await vi.waitUntil(() => second.healthy, SOON);
    await sendMore();
    await vi.waitUntil(() => new Set(seen).size === sent.length, SOON);
    await second.stop();
    await sendMore();
    await vi.waitUntil(() => new Set(seen).size === sent.length, SOON);
  });
});
