import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { acquireChannel, ensureChannel, LEASE_MS } from '../../src/sending/channel-lease.ts';
import { HEALTHY } from '../../src/sending/channel-state.ts';
import { deliver } from '../../src/sending/deliver.ts';
import { readMessage } from '../../src/sending/waiting-notices.ts';
import {
  createReceiver,
  FAILED,
  metricOf,
  openSendingWorld,
  SENT,
  type SendingWorld,
  toldIds,
} from './sending-world.ts';
import { writeMismatches } from './write-mismatches.ts';

let world: SendingWorld;
beforeAll(async () => {
  world = await openSendingWorld();
});
afterEach(() => world.clear());
afterAll(() => world.close());

const names = (count: number, prefix = 'order') => Array.from({ length: count }, (_, n) => `${prefix}-${n}`);
const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

it('sends all that waits for a channel as one message and keeps its outcome', async () => {
  const ops = createReceiver('ops');
  const ids = await world.tell(['ops'], names(30));
  const { registry } = world.start([ops]);
  await until(async () => expect(await world.deliveries('ops')).toEqual([{ outcome: 'sent', code: '0', notices: 30 }]));
  expect(toldIds(ops.messages)).toEqual(ids);
  expect((await world.notices('ops')).every(({ state }) => state === 'sent')).toBe(true);
  await until(async () =>
    expect(await metricOf(registry, 'payguard_alert_notices_total', { channel: 'ops', outcome: 'sent' })).toBe(30),
  );
});

it('sends once when two processes share a channel, and the second goes on when the first stops', async () => {
  const receivers = [createReceiver('ops'), createReceiver('ops')];
  const processes = receivers.map((receiver) => world.start([receiver]));
  const told = () => toldIds(receivers.flatMap(({ messages }) => messages)).toSorted();
  const first = await world.tell(['ops'], names(5, 'first'));
  await until(() => expect(told()).toEqual(first.toSorted()));
  const sender = receivers.findIndex(({ messages }) => messages.length > 0);
  await processes[sender]?.stop();
  const second = await world.tell(['ops'], names(5, 'second'));
  await until(() => expect(told()).toEqual([...first, ...second].toSorted()));
  expect(receivers.map(({ messages }) => messages.length)).toEqual([1, 1]);
});

it('gathers what comes while a channel fails, and tells it when the channel is back', async () => {
  const ops = createReceiver('ops', FAILED);
  const first = await world.tell(['ops'], names(3, 'first'));
  const { registry } = world.start([ops]);
  await until(async () =>
    expect(await world.deliveries('ops')).toMatchObject([{ outcome: 'failed', code: 'network' }]),
  );
  const second = await world.tell(['ops'], names(3, 'second'));
  ops.answer = () => SENT;
  world.advance(2_000);
  await until(async () => expect((await world.notices('ops')).every(({ state }) => state === 'sent')).toBe(true));
  expect(ops.messages.map((message) => message.items.length)).toEqual([3, 6]);
  expect(toldIds(ops.messages.slice(1))).toEqual([...first, ...second]);
  const labels = { channel: 'ops', code: 'network' };
  await until(async () => expect(await metricOf(registry, 'payguard_alert_delivery_errors_total', labels)).toBe(1));
  await until(async () =>
    expect(await metricOf(registry, 'payguard_alert_channel_failing', { channel: 'ops' })).toBe(0),
  );
});

it('sends again what a process was sending that no longer holds the channel, and takes nothing late from it', async () => {
  const [slow, quick] = [createReceiver('ops'), createReceiver('ops')];
  const answer = Promise.withResolvers<SendOutcome>();
  slow.answer = () => answer.promise;
  const ids = await world.tell(['ops'], names(2));
  world.start([slow]);
  await until(() => expect(slow.messages).toHaveLength(1));
  world.advance(LEASE_MS);
  world.start([quick]);
  await until(() => expect(toldIds(quick.messages)).toEqual(ids));
  answer.resolve(FAILED);
  await until(async () =>
    expect((await world.deliveries('ops')).map(({ outcome }) => outcome)).toEqual(['lost', 'sent']),
  );
  expect((await world.notices('ops')).map(({ state }) => state)).toEqual(['sent', 'sent']);
});

it('says nothing twice that is written twice, and leaves a digest for its time', async () => {
  const ops = createReceiver('ops');
  await world.tell(['ops'], names(1));
  await world.tell(['ops'], names(1, 'digest'));
  await world.pool.query(
    "UPDATE alert_notices SET news = 'digest', due_at = '2999-01-01' WHERE id = (SELECT * FROM (SELECT MAX(id) FROM alert_notices) x)",
  );
  world.start([ops]);
  await until(async () => expect((await world.notices('ops')).map(({ state }) => state)).toEqual(['sent', 'pending']));
});

it('tells all digests of a backlog in one message, which counts those that it does not list', async () => {
  const ops = createReceiver('ops');
  await world.tell(['ops'], names(1_200));
  await world.pool.query("UPDATE alert_notices SET news = 'digest', severity = 'info'");
  world.start([ops]);
  await until(async () => expect(await world.deliveries('ops')).toMatchObject([{ outcome: 'sent', notices: 1_200 }]));
  expect((await world.notices('ops')).every(({ state }) => state === 'sent')).toBe(true);
  expect(ops.messages).toHaveLength(1);
  expect(ops.messages[0]?.items.at(-1)).toMatchObject({
    about: 'alerter',
    text: { en: expect.stringContaining('700') },
  });
});

it('does not begin to send what could not end under its lease', async () => {
  const ops = createReceiver('ops');
  await world.tell(['ops'], names(1));
  await ensureChannel(world.pool, 'ops');
  const lease = await acquireChannel(world.pool, { channel: 'ops', token: 'test' }, world.clock.now());
  if (lease === null) throw new Error('the channel is held');
  // The transaction before the message takes 14 s.
  const times = [0, 14_000];
  const clock = { now: () => world.clock.now() + (times.shift() ?? 14_000) };
  const notices = await readMessage(world.pool, 'ops', world.clock.now());
  expect(await deliver({ ...world.inside(ops), clock }, lease, HEALTHY, notices)).toBe('lease_lost');
  expect(ops.messages).toEqual([]);
});

it('takes a channel from a lease that the clock was set back from', async () => {
  await ensureChannel(world.pool, 'ops');
  const hourAhead = world.clock.now() + 3_600_000;
  await acquireChannel(world.pool, { channel: 'ops', token: 'gone' }, hourAhead);
  const next = { channel: 'ops', token: 'next' };
  expect(await acquireChannel(world.pool, next, hourAhead + 1_000)).toBeNull();
  expect(await acquireChannel(world.pool, next, world.clock.now())).toMatchObject(next);
});

it('sends a page where the minute has no room for warnings', async () => {
  const ops = createReceiver('ops');
  const now = utcText(world.clock.now());
  const endings = Array.from({ length: 17 }, () => ['ops', 'earlier', 1, now, now, 'sent']);
  const head = 'INSERT INTO alert_deliveries (channel, title, notices, started_at, ended_at, outcome) VALUES';
  await inTransaction(world.pool, (connection) => insertRows(connection, head, endings));
  world.advance(30_000);
  await world.tell(['ops'], names(1));
  world.start([ops]);
  const told = { channels: ['ops'], orders: ['page'], severity: 'critical', now: world.clock.now() } as const;
  const [page] = await writeMismatches(world.pool, told);
  await until(() => expect(toldIds(ops.messages)).toContain(page));
});
