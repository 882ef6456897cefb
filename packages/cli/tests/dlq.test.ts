import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type DeadLetterId, formatId } from '../src/dead-letters/dead-letter-id.ts';
import { type Fixture, openFixture, readTopic } from './dead-letter-fixture.ts';
import { type Result, runPayguard } from './run-payguard.ts';

/** Other test files use the same broker: only this file's orders count. */
const RUN = randomBytes(6).toString('hex');
const TOPIC = 'payment.closed';
const PERSON = ['--by', 'Li Wei', '--reason', 'the shop was repaired'];

let fixture: Fixture;
let orders = 0;

beforeAll(async () => {
  fixture = await openFixture();
  const scale = ['--partitions', '1', '--replication-factor', '1', '--min-insync-replicas', '1'];
  const made = await payguard('topics', ...scale);
  if (made.code !== 0) throw new Error(made.stderr);
});
afterAll(() => fixture?.close());

function payguard(...args: string[]): Promise<Result> {
  return runPayguard(args, fixture.environment);
}

function dlq(...args: string[]): Promise<Result> {
  return payguard('dlq', ...args);
}

type Buried = { id: string; key: string; orderNo: string };

async function bury(value?: string | Buffer): Promise<Buried> {
  orders += 1;
  const orderNo = `CLI_${RUN}_${orders}`;
  const key = `1900000001:${orderNo}`;
  const closed = {
    mchid: '1900000001',
    out_trade_no: orderNo,
    trade_state: 'CLOSED',
    reason: 'expired',
    observed_at: '2025-07-13T08:00:00+08:00',
  };
  const headers = { ce_type: 'payment.closed.v1', ce_id: `closed:${orderNo}` };
  const id: DeadLetterId = await fixture.bury({
    topic: TOPIC,
    key,
    value: value ?? JSON.stringify(closed),
    headers,
    reason: 'order: \u001b[31mred',
  });
  return { id: formatId(id), key, orderNo };
}

async function publishedTo(topic: string, key: string): Promise<number> {
  return (await readTopic(fixture.kafka, topic)).filter((record) => record.key === key).length;
}

describe('payguard dlq', () => {
  it('takes a letter from the list to the replay, and then lists it as handled', async () => {
    const { id, key, orderNo } = await bury();
    const listed = await dlq('list', '--topic', TOPIC, '--limit', '10000');
    expect(listed).toMatchObject({
      code: 0,
      stdout: expect.stringContaining(`${id}  2025-07-13T00:00:00.000Z  points`),
    });
    expect(listed.stdout).toContain(key);

    const shown = await dlq('show', id);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('handled    no') });
    expect(shown.stdout).toContain('meant for  payment.closed (partition 2, offset 55)');
    expect(shown.stdout).toContain(`"out_trade_no": "${orderNo}"`);
    expect(shown.stdout).not.toContain('\u001b');

    await expect(dlq('replay', id, ...PERSON, '--dry-run')).resolves.toMatchObject({
      code: 0,
      stdout: `${id} would be published to payment.closed\n1 would be replayed; nothing was done.\n`,
    });
    await expect(publishedTo(TOPIC, key)).resolves.toBe(0);

    await expect(dlq('replay', id, ...PERSON)).resolves.toMatchObject({
      code: 0,
      stdout: `${id} was published to payment.closed\n1 replayed.\n`,
      stderr: '',
    });
    await expect(publishedTo(TOPIC, key)).resolves.toBe(1);

    const open = await dlq('list', '--topic', 'payment.closed.dlq', '--limit', '10000');
    expect(open.stdout).not.toContain(id);
    const all = await dlq('list', '--topic', TOPIC, '--all', '--limit', '10000');
    expect(all.stdout).toMatch(new RegExp(`${id} .*\\n.*\\n +replayed by Li Wei at .*: the shop was repaired`));
  });

  it('refuses to replay what is handled, and replays it with --again', async () => {
    const { id, key } = await bury();
    await dlq('replay', id, ...PERSON);
    await expect(dlq('replay', id, ...PERSON)).resolves.toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${id} was replayed by Li Wei`),
    });
    await expect(dlq('replay', id, ...PERSON, '--again')).resolves.toMatchObject({ code: 0 });
    await expect(publishedTo(TOPIC, key)).resolves.toBe(2);
  });

  it('discards a letter without publishing it', async () => {
    const { id, key } = await bury();
    await expect(dlq('discard', id, ...PERSON)).resolves.toMatchObject({ code: 0 });
    await expect(publishedTo(TOPIC, key)).resolves.toBe(0);
    const shown = await dlq('show', id);
    expect(shown.stdout).toMatch(/handled {4}discarded by Li Wei at .*: the shop was repaired/);
    await expect(dlq('discard', id, ...PERSON)).resolves.toMatchObject({ code: 2 });
  });

  it('shows a value that is not JSON in base64', async () => {
    const value = Buffer.from([0, 255, 1]);
    const { id } = await bury(value);
    const shown = await dlq('show', id, '--json');
    expect(JSON.parse(shown.stdout)).toMatchObject({
      id,
      originalTopic: 'payment.closed',
      handled: null,
      headers: { ce_type: ['payment.closed.v1'] },
      value: { encoding: 'base64', base64: value.toString('base64') },
    });
    // It must not stay for others to stumble on.
    await dlq('discard', id, ...PERSON);
  });

  it.each([
    [[], 'dlq alone means nothing'],
    [['lst'], 'dlq lst means nothing'],
    [['list', '--limit', '0'], '--limit 0 cannot be used'],
    [['list', '--topic', 'payment.callback-log'], 'There are no dead letters of "payment.callback-log"'],
    [['show'], 'Give the one id'],
    [['show', 'payment.closed.dlq/x/1'], 'is no dead letter'],
    [['show', 'payment.closed.dlq/9/0'], 'There is no dead letter payment.closed.dlq/9/0'],
    [['show', 'payment.closed.dlq/0/999999999'], 'There is no dead letter payment.closed.dlq/0/999999999'],
    [['replay', 'payment.closed.dlq/0/0', '--reason', 'r'], '--by is missing'],
    [['replay', 'payment.closed.dlq/0/0', '--by', 'b', '--reason', ' '], '--reason is missing'],
    [['replay', ...PERSON], 'No dead letter is named'],
    [['replay', '--all', ...PERSON], '--all needs the topic'],
    [['replay', '--all', '--topic', 'payment.closed', '--again', ...PERSON], '--again goes with ids only'],
    [['replay', 'payment.closed.dlq/0/0', '--topic', 'payment.closed', ...PERSON], '--topic goes with --all'],
    [['discard', ...PERSON], 'No dead letter is named'],
  ])('ends with 2 and one sentence for %j', async (args, message) => {
    await expect(dlq(...args)).resolves.toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
  });

  it('ends with 1 and says what to run on a database that was never migrated', async () => {
    const url = new URL(fixture.database.url);
    url.pathname = '/mysql';
    await expect(dlq('list', '--database-url', url.href)).resolves.toMatchObject({
      code: 1,
      stderr: 'The database has no table dead_letters: run payguard migrate.\n',
    });
  });

  it('ends with 1 and one sentence when the database cannot be reached', async () => {
    await expect(dlq('list', '--database-url', 'mysql://u:p@127.0.0.1:1/x')).resolves.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The database cannot be reached \(.*ECONNREFUSED.*\): check --database-url.*\n$/),
    });
  });
});
