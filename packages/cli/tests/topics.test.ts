import { createServer } from 'node:net';
import { allTopics } from '@payguard/shared/events/topics';
import type { Admin, Kafka as KafkaClient } from 'kafkajs';
import kafkajs, { Kafka, logLevel, Partitioners } from 'kafkajs';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { type Result, runPayguard } from './run-payguard.ts';
import { type OwnBroker, startOwnBroker } from './start-own-broker.ts';

const { ConfigResourceTypes } = kafkajs;
const SINGLE_BROKER = ['--partitions', '3', '--replication-factor', '1', '--min-insync-replicas', '1'];
const WAIT = { timeout: 10_000, interval: 25 };
const NAMES = allTopics().map((topic) => topic.name);

/** A fresh broker loads its groups for a second or two. */
const RETRY = { retries: 12, initialRetryTime: 100, maxRetryTime: 400 };

let broker: OwnBroker;
let admin: Admin;

beforeAll(async () => {
  broker = await startOwnBroker(['gateway', 'points', 'cli']);
  admin = connect(broker.brokers).admin();
  await admin.connect();
});
afterAll(async () => {
  await admin?.disconnect();
  await broker?.stop();
});

function connect(brokers: string, user?: string): KafkaClient {
  const sasl = user === undefined ? {} : { sasl: { mechanism: 'plain' as const, username: user, password: user } };
  return new Kafka({ brokers: [brokers], logLevel: logLevel.NOTHING, retry: RETRY, ...sasl });
}

function topics(...args: string[]): Promise<Result> {
  return runPayguard(['topics', ...args], { KAFKA_BROKERS: broker.brokers });
}

async function readSetting(topic: string, name: string): Promise<string | undefined> {
  const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic }];
  const { resources: found } = await admin.describeConfigs({ includeSynonyms: false, resources });
  return found[0]?.configEntries.find((entry) => entry.configName === name)?.configValue;
}

describe('payguard topics', () => {
  it('run three times at once on an empty broker, creates each topic once and ends well each time', async () => {
    const results = await Promise.all([1, 2, 3].map(() => topics(...SINGLE_BROKER, '--json')));
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: '' }));
    const created: string[] = results.flatMap((result) => JSON.parse(result.stdout).topics.created);
    expect(created.toSorted()).toEqual(NAMES.toSorted());
    const { topics: found } = await admin.fetchTopicMetadata({ topics: NAMES });
    expect(found.map((topic) => topic.partitions.length)).toEqual(NAMES.map(() => 3));
  });

  it('has nothing to do the second time', async () => {
    await topics(...SINGLE_BROKER);
    await expect(topics(...SINGLE_BROKER)).resolves.toMatchObject({
      code: 0,
      stdout: 'All topics are as they should be.\n',
    });
  });

  it('mends a changed retention and leaves a setting that somebody else gave the topic', async () => {
    await topics(...SINGLE_BROKER);
    const configEntries = [
      { name: 'retention.ms', value: '1000' },
      { name: 'max.message.bytes', value: '2000000' },
    ];
    const resource = { type: ConfigResourceTypes.TOPIC, name: 'payment.confirmed', configEntries };
    await admin.alterConfigs({ validateOnly: false, resources: [resource] });
    // The controller has it first; the broker that is asked follows.
    await vi.waitUntil(async () => (await readSetting('payment.confirmed', 'retention.ms')) === '1000', WAIT);

    await expect(topics(...SINGLE_BROKER)).resolves.toMatchObject({
      code: 0,
      stdout: 'Adjusted: payment.confirmed.\n',
    });
    await expect(readSetting('payment.confirmed', 'retention.ms')).resolves.toBe('2592000000');
    await expect(readSetting('payment.confirmed', 'max.message.bytes')).resolves.toBe('2000000');
  });

  it('adds partitions, also when three want to at once', async () => {
    const more = [...SINGLE_BROKER, '--partitions', '4'];
    const results = await Promise.all([1, 2, 3].map(() => topics(...more)));
    expect(results.map(({ code, stderr }) => ({ code, stderr }))).toEqual(Array(3).fill({ code: 0, stderr: '' }));
    const { topics: found } = await admin.fetchTopicMetadata({ topics: NAMES });
    expect(found.map((topic) => topic.partitions.length)).toEqual(NAMES.map(() => 4));
  });

  it('says which option to change when the cluster has fewer brokers than replicas are wanted', async () => {
    await admin.deleteTopics({ topics: ['payment.closed'] });
    const result = await topics('--replication-factor', '3');
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/payment\.closed .*--replication-factor/) });
    await topics(...SINGLE_BROKER, '--partitions', '4');
  });

  it('writes ACLs by which each part can do its own work and nothing else', async () => {
    const principals = 'gateway=User:gateway,points=User:points,cli=User:cli';
    const first = await topics(...SINGLE_BROKER, '--acl-principals', principals);
    expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/ACLs: \d+ entries are in place/) });
    await expect(topics(...SINGLE_BROKER, '--acl-principals', principals)).resolves.toMatchObject({ code: 0 });

    await expect(write('gateway', 'payment.confirmed')).resolves.toBe('written');
    await expect(write('gateway', 'payment.decision')).resolves.toMatch(/not authorized/i);
    // kafkajs tells a group that is refused only as one that it cannot find.
    await expect(read('gateway', 'payment.confirmed', 'gateway')).resolves.toMatch(/Failed to find group coordinator/);
    await expect(read('points', 'payment.confirmed.dlq', 'points')).resolves.toMatch(/not authorized/i);
    await expect(read('points', 'payment.confirmed', 'points')).resolves.toBe('read');
    await expect(write('points', 'payment.confirmed.dlq')).resolves.toBe('written');
    await expect(write('points', 'payment.decision')).resolves.toMatch(/not authorized/i);
    await expect(read('cli', 'payment.confirmed.dlq', 'payguard-cli-1')).resolves.toBe('read');
    await expect(write('cli', 'payment.decision')).resolves.toBe('written');
  });

  it('says in one line that a cluster without authorizer has no ACLs', async () => {
    const brokers = inject('kafkaBrokers').join(',');
    const result = await runPayguard(
      ['topics', ...SINGLE_BROKER, '--partitions', '1', '--acl-principals', 'gateway=User:gateway'],
      { KAFKA_BROKERS: brokers },
    );
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('no authorizer') });
  });

  it.concurrent('ends with 1 and one sentence when no broker can be reached', async () => {
    const result = await topics('--brokers', '127.0.0.1:1');
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/^No broker of .*ECONNREFUSED.*\n$/) });
  });

  it.concurrent('ends with 1 and one sentence when what listens there never answers', async () => {
    const mute = createServer(() => undefined);
    const port = await new Promise<number>((resolve) => {
      mute.listen(0, '127.0.0.1', () => {
        const address = mute.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    const result = await topics('--brokers', `127.0.0.1:${port}`);
    mute.close();
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(/^No broker of .* can be reached .*\n$/) });
  });
});

async function write(user: string, topic: string): Promise<string> {
  const producer = connect(broker.saslBrokers, user).producer({ createPartitioner: Partitioners.DefaultPartitioner });
  try {
    await producer.connect();
    await producer.send({ topic, acks: -1, messages: [{ key: 'k', value: '{}' }] });
    return 'written';
  } catch (error) {
    return String(error);
  } finally {
    await producer.disconnect();
  }
}

async function read(user: string, topic: string, groupId: string): Promise<string> {
  const consumer = connect(broker.saslBrokers, user).consumer({
    groupId,
    // A broker that has just been asked for its first group loads that group's coordinator: not yet an answer.
    retry: { ...RETRY, restartOnFailure: async (error) => error.message.includes('coordinator is loading') },
  });
  try {
    const outcome = Promise.withResolvers<string>();
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart) outcome.resolve(String(payload.error));
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic], fromBeginning: true });
    await consumer.run({ eachMessage: async () => outcome.resolve('read') });
    return await outcome.promise;
  } catch (error) {
    return String(error);
  } finally {
    await consumer.disconnect();
  }
}
