import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { testClock } from '../../shared/tests/database/open-test-database.ts';
import { BadInput } from '../src/command.ts';
import { formatId } from '../src/dead-letters/dead-letter-id.ts';
import { discardLetters } from '../src/dead-letters/discard-dead-letters.ts';
import { listDeadLetters } from '../src/dead-letters/list-dead-letters.ts';
import type { DeadLetterAccess } from '../src/dead-letters/open-access.ts';
import { READER_GROUP_PREFIX } from '../src/dead-letters/read-dead-letters.ts';
import { replayLetters, replayUnhandled } from '../src/dead-letters/replay-dead-letters.ts';
import { deadLetterOf, type Fixture, openFixture, readTopic } from './dead-letter-fixture.ts';

const PERSON = { by: 'Li Wei', reason: 'fixed in release 7' };
const ORDER = { ...PERSON, dryRun: false, again: false, onReplayed: () => undefined };

let fixture: Fixture;
let access: DeadLetterAccess;
let topic: string;
let dlq: string;

beforeAll(async () => {
  fixture = await openFixture();
  access = { kafka: fixture.kafka, prisma: fixture.models.prisma, clock: testClock };
});
afterAll(() => fixture?.close());
beforeEach(async () => {
  topic = await fixture.createTopic(`cli-test-${randomBytes(6).toString('hex')}`);
  dlq = `${topic}.dlq`;
});

function list(options: { includeHandled?: boolean; limit?: number } = {}) {
  return listDeadLetters(access, { topics: [dlq], includeHandled: false, limit: 50, ...options });
}

async function countReplayed(): Promise<number> {
  const counter = { count: 0 };
  await replayUnhandled(access, dlq, { ...ORDER, onReplayed: () => (counter.count += 1) });
  return counter.count;
}

describe('listing dead letters', () => {
  it('tells of each unhandled one where it lies, when and why it died, and of which order it was', async () => {
    const id = await fixture.bury({ topic, key: '1900000001:A1', reason: 'amount_total: too small' });
    await expect(list()).resolves.toEqual({
      total: 1,
      letters: [
        {
          id: formatId(id),
          at: '2025-07-13T00:00:00.000Z',
          consumer: 'points',
          attempts: '3',
          reason: 'amount_total: too small',
          key: '1900000001:A1',
          handled: null,
        },
      ],
    });
  });

  it('shows the oldest of all partitions and counts the others', async () => {
    const ages = Array.from({ length: 30 }, (_, n) => (n * 7) % 30);
    const letters = ages.map((n) => deadLetterOf({ topic, key: `order-${n}`, at: testClock.now() + n * 1_000 }));
    await fixture.buryAll(dlq, letters);
    const { letters: shown, total } = await list({ limit: 4 });
    expect(total).toBe(30);
    expect(shown.map((letter) => letter.key)).toEqual(['order-0', 'order-1', 'order-2', 'order-3']);
  });

  it('leaves the handled out, or shows who handled them', async () => {
    const discarded = await fixture.bury({ topic, key: 'a' });
    const open = await fixture.bury({ topic, key: 'b' });
    await discardLetters(access, [discarded], PERSON);
    expect((await list()).letters.map((letter) => letter.id)).toEqual([formatId(open)]);
    const all = await list({ includeHandled: true });
    expect(all.letters.find((letter) => letter.id === formatId(discarded))?.handled).toEqual({
      outcome: 'discarded',
      ...PERSON,
      at: new Date(testClock.now()),
    });
  });

  it('leaves no consumer group behind', async () => {
    await fixture.bury({ topic });
    await list();
    const admin = fixture.kafka.admin();
    await admin.connect();
    const readers = async () => {
      const { groups } = await admin.listGroups();
      return groups.map(({ groupId }) => groupId).filter((id) => id.startsWith(READER_GROUP_PREFIX));
    };
    // Those of other test files come and go; one of this file's would stay.
    const atFirst = new Set(await readers());
    const stillThere = async () => (await readers()).filter((id) => atFirst.has(id));
    await expect.poll(stillThere, { timeout: 20_000 }).toEqual([]);
    await admin.disconnect();
  });

  it('says so when Kafka has no such topic', async () => {
    await expect(listDeadLetters(access, { topics: ['absent.dlq'], includeHandled: false, limit: 1 })).rejects.toThrow(
      'Kafka has no topic absent.dlq: run payguard topics.',
    );
  });
});

describe('replaying dead letters', () => {
  it('publishes key, value and headers byte for byte, without the provenance', async () => {
    const value = Buffer.from([0, 255, 128, 10, 0]);
    const headers = { ce_id: 'x', repeated: ['1', '2'], bytes: Buffer.from([200, 0]) };
    const binary = await fixture.bury({ topic, key: 'a', value, headers });
    const empty = await fixture.bury({ topic, value: null });
    await replayLetters(access, [binary, empty], ORDER);
    const published = await readTopic(fixture.kafka, topic);
    expect(published).toHaveLength(2);
    const first = published.find((record) => record.key === 'a');
    expect(first?.value).toEqual(value);
    expect(first?.headers).toEqual({
      ce_id: Buffer.from('x'),
      repeated: [Buffer.from('1'), Buffer.from('2')],
      bytes: Buffer.from([200, 0]),
    });
    expect(published.find((record) => record.key === null)).toMatchObject({ value: null, headers: {} });
  });

  it('is refused for what is handled, before anything is done, unless it is wanted again', async () => {
    const handled = await fixture.bury({ topic, key: 'a' });
    const open = await fixture.bury({ topic, key: 'b' });
    await discardLetters(access, [handled], PERSON);
    await expect(replayLetters(access, [open, handled], ORDER)).rejects.toThrow(
      `${formatId(handled)} was discarded by Li Wei at 2025-07-13T00:00:00.000Z (fixed in release 7): give --again`,
    );
    await expect(readTopic(fixture.kafka, topic)).resolves.toEqual([]);

    await replayLetters(access, [handled], { ...ORDER, again: true, by: 'Wang' });
    await expect(readTopic(fixture.kafka, topic)).resolves.toMatchObject([{ key: 'a' }]);
    const { letters } = await list({ includeHandled: true });
    expect(letters.find((letter) => letter.id === formatId(handled))?.handled).toMatchObject({
      outcome: 'replayed',
      by: 'Wang',
    });
  });

  it('refuses an id that is not there, before anything is done', async () => {
    const id = await fixture.bury({ topic });
    const absent = { ...id, offset: id.offset + 1n };
    await expect(replayLetters(access, [id, absent], ORDER)).rejects.toThrow(BadInput);
    await expect(readTopic(fixture.kafka, topic)).resolves.toEqual([]);
  });

  it('publishes all that nobody has handled once, however many, and none of them the next time', async () => {
    const letters = Array.from({ length: 700 }, (_, n) =>
      deadLetterOf({ topic, key: `order-${n}`, value: `${n}`.padEnd(1_000) }),
    );
    await fixture.buryAll(dlq, letters);
    const discarded = await fixture.bury({ topic, key: 'discarded' });
    await discardLetters(access, [discarded], PERSON);

    await expect(countReplayed()).resolves.toBe(700);
    const published = await readTopic(fixture.kafka, topic);
    expect(published.map((record) => record.key).toSorted()).toEqual(letters.map(({ key }) => String(key)).toSorted());
    await expect(countReplayed()).resolves.toBe(0);
    await expect(list()).resolves.toMatchObject({ total: 0 });
  });

  it('that dies before it is recorded publishes the letter once more the next time, and records it once', async () => {
    const id = await fixture.bury({ topic, key: 'a' });
    await fixture.database.pool.query('RENAME TABLE dead_letters TO dead_letters_away');
    // With `again` nothing is asked of the database before the letter is published.
    await expect(replayLetters(access, [id], { ...ORDER, again: true })).rejects.toThrow();
    await fixture.database.pool.query('RENAME TABLE dead_letters_away TO dead_letters');
    await expect(list()).resolves.toMatchObject({ total: 1 });

    await replayLetters(access, [id], ORDER);
    const published = await readTopic(fixture.kafka, topic);
    expect(published.map((record) => record.key)).toEqual(['a', 'a']);
    await expect(list()).resolves.toMatchObject({ total: 0 });
  });

  it('by two people at the same moment keeps the word of one', async () => {
    const id = await fixture.bury({ topic, key: 'a' });
    const outcomes = await Promise.allSettled(
      ['Li', 'Wang'].map((by) => replayLetters(access, [id], { ...ORDER, by })),
    );
    expect(outcomes.some((outcome) => outcome.status === 'fulfilled')).toBe(true);
    const { letters } = await list({ includeHandled: true });
    expect(letters.map((letter) => letter.handled?.outcome)).toEqual(['replayed']);
  });
});
