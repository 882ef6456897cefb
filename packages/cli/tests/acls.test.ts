import { allTopics, CONSUMED_TOPICS, deadLetterTopic } from '@payguard/shared/events/topics';
import { createProducer } from '@payguard/shared/kafka/kafka-client';
import type { Admin } from 'kafkajs';
import kafkajs from 'kafkajs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { findObstacle } from '../../../services/checkout/src/prerequisites.ts';
import { type AclWorld, openAclWorld, USERS, type User } from './acl-world.ts';

const { ConfigResourceTypes } = kafkajs;
const WAIT = { timeout: 15_000, interval: 100 };
const TOPICS = allTopics().map(({ name }) => name);

/** Who writes what, said once more beside the code: only points credits, only a person decides. */
const WRITERS: Record<string, readonly User[]> = {
  'payment.confirmed': ['gateway', 'reconciler', 'checkout', 'cli'],
  'payment.refunded': ['gateway', 'reconciler', 'checkout', 'cli'],
  'payment.closed': ['reconciler', 'checkout', 'cli'],
  'payment.decision': ['cli'],
  'payment.mismatch': ['points', 'reconciler', 'checkout', 'cli'],
  'payment.callback-log': ['gateway'],
  'points.credited': ['points', 'cli'],
  'payment.confirmed.dlq': ['points'],
  'payment.refunded.dlq': ['points'],
  'payment.closed.dlq': ['points'],
  'payment.decision.dlq': ['points'],
  'payment.mismatch.dlq': ['alerter'],
  'points.credited.dlq': ['alerter'],
};

let world: AclWorld;
beforeAll(async () => {
  world = await openAclWorld();
});
afterAll(() => world?.close());

async function asAdmin<T>(user: User, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = world.kafkaAs(user).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

describe('under the ACLs that payguard topics writes', () => {
  it('points and the alerter read, commit and bury, and points shows the lag of both', async () => {
    const metrics = await world.startConsumers();
    const producer = createProducer(world.kafka);
    await producer.connect();
    for (const topic of CONSUMED_TOPICS) await producer.send({ topic, messages: [{ key: 'k', value: 'no event' }] });
    await producer.disconnect();

    const shown = async (): Promise<string> => (await fetch(metrics)).text();
    await vi.waitUntil(async () => /^payguard_consumer_lag_records\{group="points"/m.test(await shown()), WAIT);
    await vi.waitUntil(async () => /^payguard_consumer_lag_records\{group="alerter"/m.test(await shown()), WAIT);
    await vi.waitUntil(async () => /^payguard_dead_letters_unhandled\{/m.test(await shown()), WAIT);
    const committed = (groupId: string, topic: string) =>
      asAdmin('points', async (admin) => (await admin.fetchOffsets({ groupId, topics: [topic] }))[0]?.partitions[0]);
    for (const [group, topic] of [
      ['points', 'payment.decision'],
      ['alerter', 'points.credited'],
    ] as const) {
      await vi.waitUntil(async () => (await committed(group, topic))?.offset === '1', WAIT);
    }
  });

  it('an operator’s cli finds the dead letters, publishes one again, and the doctor sees all of Kafka', async () => {
    const listed = await world.payguardAs('cli', 'dlq', 'list', '--json');
    expect(listed).toMatchObject({ code: 0 });
    const { letters }: { letters: { id: string }[] } = JSON.parse(listed.stdout);
    expect(letters.map(({ id }) => id.replace(/[/:[].*$/, '')).toSorted()).toEqual(
      CONSUMED_TOPICS.map(deadLetterTopic).toSorted(),
    );
    const person = ['--by', 'Li Wei', '--reason', 'a drill'];
    const replayed = await world.payguardAs('cli', 'dlq', 'replay', letters[0]?.id ?? '', ...person);
    expect(replayed).toMatchObject({ code: 0, stderr: '' });

    const { stdout } = await world.payguardAs('cli', 'doctor', '--json');
    const found: { check: string; state: string; message: string }[] = JSON.parse(stdout);
    const ofKafka = found.filter(({ check }) => /^(Kafka|dead letters)/.test(check));
    expect(ofKafka.map(({ check, state }) => `${check}: ${state}`)).toEqual([
      'Kafka: ok',
      'Kafka topics: ok',
      // One broker, and the letters of above.
      'Kafka copies: warn',
      'dead letters: warn',
    ]);
  });

  it('checkout finds nothing that keeps it from working', async () => {
    const kafka = world.kafkaAs('checkout');
    const producer = createProducer(kafka);
    expect(await findObstacle(kafka, producer, world.shop.pool)).toBeUndefined();
    await producer.disconnect();
  });

  it.each(USERS)('%s writes its own topics and no other', async (user) => {
    const written = await Promise.all(TOPICS.map(async (topic) => [topic, await world.write(user, topic)] as const));
    const refused = written.filter(([, outcome]) => outcome !== 'written');
    expect(written.filter(([, outcome]) => outcome === 'written').map(([topic]) => topic)).toEqual(
      TOPICS.filter((topic) => WRITERS[topic]?.includes(user)),
    );
    expect(refused.filter(([, outcome]) => !/not authorized/i.test(outcome))).toEqual([]);
  });

  it.each(USERS)('%s sees the offsets of its own group alone, points those of the alerter as well', async (user) => {
    const seen: Partial<Record<User, string[]>> = { points: ['points', 'alerter'], alerter: ['alerter'] };
    const outcomes = await Promise.all(
      ['points', 'alerter'].map((groupId) =>
        asAdmin(user, (admin) => admin.fetchOffsets({ groupId, topics: ['payment.confirmed'] })).then(
          () => [groupId],
          () => [],
        ),
      ),
    );
    expect(outcomes.flat()).toEqual(seen[user] ?? []);
  });

  it.each(USERS)('%s changes no topic, and removes none', async (user) => {
    const name = 'payment.confirmed';
    const configEntries = [{ name: 'retention.ms', value: '1000' }];
    const resources = [{ type: ConfigResourceTypes.TOPIC, name, configEntries }];
    const attempts: ((admin: Admin) => Promise<unknown>)[] = [
      (admin) => admin.alterConfigs({ validateOnly: false, resources }),
      (admin) => admin.createPartitions({ topicPartitions: [{ topic: name, count: 9 }] }),
      (admin) => admin.deleteTopics({ topics: [name] }),
      (admin) => admin.createTopics({ topics: [{ topic: 'of-its-own' }] }),
    ];
    for (const attempt of attempts) await expect(asAdmin(user, attempt)).rejects.toThrow(/authoriz|creation errors/i);
  });

  it('points moves no offset of the alerter, and the cli removes no group but its own', async () => {
    const groupId = 'alerter';
    const partitions = [{ partition: 0, offset: '0' }];
    const moved = asAdmin('points', (admin) => admin.setOffsets({ groupId, topic: 'payment.mismatch', partitions }));
    await expect(moved).rejects.toThrow();
    await expect(asAdmin('cli', (admin) => admin.deleteGroups([groupId]))).rejects.toThrow();
    const left = await asAdmin('points', (admin) => admin.fetchOffsets({ groupId, topics: ['points.credited'] }));
    expect(left[0]?.partitions[0]?.offset).not.toBe('-1');
  });
});
