import { createPrismaClient, type DatabaseModels } from '@payguard/shared/database/prisma-client';
import { DEAD_LETTER_SUFFIX } from '@payguard/shared/events/topics';
import { type DeadLetterRecord, toDeadLetter } from '@payguard/shared/kafka/dead-letter';
import type { IHeaders, Message } from 'kafkajs';
import { Kafka, logLevel, Partitioners } from 'kafkajs';
import { inject } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from '../../shared/tests/database/open-test-database.ts';
import { type DeadLetterId, formatId } from '../src/dead-letters/dead-letter-id.ts';
import { findStoredRanges } from '../src/dead-letters/find-ranges.ts';
import { readDeadLetters } from '../src/dead-letters/read-dead-letters.ts';
import { runPayguard } from './run-payguard.ts';

/** A migrated database of the test file's own, and the run's Kafka. */
export type Fixture = {
  kafka: Kafka;
  database: TestDatabase;
  models: DatabaseModels;
  environment: Record<string, string>;
  /** A topic of this test's own with its dead letter topic, three partitions each; answers the former's name. */
  createTopic(name: string): Promise<string>;
  /** Puts a letter into Kafka as a consumer would. */
  bury(letter: Burial): Promise<DeadLetterId>;
  buryAll(topic: string, letters: readonly DeadLetterRecord[]): Promise<void>;
  close(): Promise<void>;
};

export type Burial = {
  topic: string;
  key?: string;
  value?: Buffer | string | null;
  headers?: IHeaders;
  reason?: string;
  at?: number;
};

export async function openFixture(): Promise<Fixture> {
  const brokers = inject('kafkaBrokers');
  const kafka = new Kafka({ brokers, logLevel: logLevel.NOTHING });
  const database = await openTestDatabase();
  const environment = { KAFKA_BROKERS: brokers.join(','), DATABASE_URL: database.url };
  const migrated = await runPayguard(['migrate'], environment);
  if (migrated.code !== 0) throw new Error(migrated.stderr);
  const models = createPrismaClient({ url: database.url });
  // A send that is repeated because its answer came late must not become two letters.
  const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner, idempotent: true });
  await producer.connect();
  const send = (topic: string, messages: Message[]) => producer.send({ topic, acks: -1, messages });
  return {
    kafka,
    database,
    models,
    environment,
    createTopic: async (name) => {
      const admin = kafka.admin();
      await admin.connect();
      const topics = [name, `${name}${DEAD_LETTER_SUFFIX}`];
      await admin.createTopics({ topics: topics.map((topic) => ({ topic, numPartitions: 3 })), waitForLeaders: true });
      await admin.disconnect();
      return name;
    },
    bury: async (burial) => {
      const { topic, ...message } = deadLetterOf(burial);
      const [sent] = await send(topic, [message]);
      return { topic, partition: sent?.partition ?? -1, offset: BigInt(sent?.baseOffset ?? -1) };
    },
    buryAll: async (topic, letters) => {
      await send(
        topic,
        letters.map(({ topic: _topic, ...message }) => message),
      );
    },
    close: async () => {
      await producer.disconnect();
      await models.close();
      await database.drop();
    },
  };
}

/** What the consumer `points` makes of a record that it gives up. */
export function deadLetterOf(burial: Burial): DeadLetterRecord {
  const { topic, key, value = '{}', headers = {}, reason = 'not to its taste', at = testClock.now() } = burial;
  const message = {
    key: key === undefined ? null : Buffer.from(key),
    value: typeof value === 'string' ? Buffer.from(value) : value,
    headers,
    timestamp: String(at),
    attributes: 0,
    offset: '55',
  };
  return toDeadLetter({ topic, partition: 2, message }, { consumer: 'points', reason, at, attempts: 3 });
}

/** All that a topic holds now. */
export async function readTopic(kafka: Kafka, topic: string) {
  const found: { id: string; key: string | null; value: Buffer | null; headers: IHeaders }[] = [];
  await readDeadLetters(kafka, await findStoredRanges(kafka, [topic]), async (records) => {
    for (const record of records) {
      const { key, value, headers = {} } = record.message;
      found.push({ id: formatId(record), key: key?.toString() ?? null, value, headers });
    }
  });
  return found;
}
