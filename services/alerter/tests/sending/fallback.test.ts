import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import { inTransaction } from '@payguard/shared/database/transaction';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { insertNotices } from '../../src/notices/notice.ts';
import { RARE_RETRY_MS } from '../../src/sending/channel-state.ts';
import { GIVEN_UP_AFTER_MS } from '../../src/sending/give-up.ts';
import {
  createReceiver,
  FAILED,
  metricOf,
  openSendingWorld,
  REFUSED,
  SENT,
  type SendingWorld,
  THROTTLED,
  toldIds,
} from './sending-world.ts';

let world: SendingWorld;
beforeAll(async () => {
  world = await openSendingWorld();
});
afterEach(() => world.clear());
afterAll(() => world.close());

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const FALLBACK = { fallback: 'mail', fallbackAfterSeconds: 300 };

async function startBacked(outcome: SendOutcome) {
  const [wecom, mail] = [createReceiver('wecom', outcome), createReceiver('mail')];
  const { registry } = world.start([wecom, mail], FALLBACK);
  return { wecom, mail, registry };
}

it('gives what a channel refuses to the fallback at once, which says for whom it stands in', async () => {
  const { wecom, mail, registry } = await startBacked(REFUSED);
  const ids = await world.tell(['wecom'], ['a', 'b']);
  await until(() => expect(toldIds(mail.messages)).toEqual(ids));
  expect(mail.messages).toMatchObject([{ insteadOf: 'wecom' }]);
  expect((await world.notices('wecom')).map(({ state }) => state)).toEqual(['handed_over', 'handed_over']);
  const handedOver = { channel: 'wecom', outcome: 'handed_over' };
  await until(async () => expect(await metricOf(registry, 'payguard_alert_notices_total', handedOver)).toBe(2));
  await until(async () =>
    expect(await metricOf(registry, 'payguard_alert_channel_failing', { channel: 'wecom' })).toBe(1),
  );
  // What is new does not wait for the next try.
  await world.tell(['wecom'], ['c']);
  await until(() => expect(mail.messages).toHaveLength(2));
  expect(wecom.messages).toHaveLength(1);
});

it('tries a channel again that was refused, and goes on with it when it takes messages again', async () => {
  const { wecom, mail } = await startBacked(REFUSED);
  await world.tell(['wecom'], ['a']);
  await until(() => expect(mail.messages).toHaveLength(1));
  wecom.answer = () => SENT;
  world.advance(RARE_RETRY_MS);
  const ids = await world.tell(['wecom'], ['b']);
  await until(() => expect(toldIds(wecom.messages.slice(1))).toEqual(ids));
  expect(mail.messages).toHaveLength(1);
});

it.each([
  ['fails', FAILED],
  ['is throttled', THROTTLED],
])('keeps notices while a channel %s, and gives them to the fallback when that lasts too long', async (_, outcome) => {
  const { wecom, mail } = await startBacked(outcome);
  const ids = await world.tell(['wecom'], ['a']);
  await until(() => expect(wecom.messages).toHaveLength(1));
  await until(async () => expect(await world.deliveries('wecom')).toMatchObject([{ outcome: outcome.kind }]));
  expect(mail.messages).toEqual([]);
  world.advance(FALLBACK.fallbackAfterSeconds * 1_000);
  await until(() => expect(toldIds(mail.messages)).toEqual(ids));
});

it('does not tell the fallback what it was told on its own account', async () => {
  const { mail } = await startBacked(REFUSED);
  const ids = await world.tell(['wecom', 'mail'], ['a']);
  await until(async () => expect(await world.notices('wecom')).toMatchObject([{ state: 'handed_over' }]));
  await until(async () => expect(await world.notices('mail')).toMatchObject([{ state: 'sent' }]));
  expect(toldIds(mail.messages)).toEqual(ids);
});

it('tells the fallback once what two channels hand over', async () => {
  const [wecom, ops, mail] = [createReceiver('wecom', REFUSED), createReceiver('ops', REFUSED), createReceiver('mail')];
  world.start([wecom, ops, mail], FALLBACK);
  const ids = await world.tell(['wecom', 'ops'], ['a']);
  for (const channel of ['wecom', 'ops']) {
    await until(async () => expect(await world.notices(channel)).toMatchObject([{ state: 'handed_over' }]));
  }
  await until(async () => expect(await world.notices('mail')).toMatchObject([{ state: 'sent' }]));
  expect(toldIds(mail.messages)).toEqual(ids);
});

it('tells the fallback how an alert stands that fired, ended and fired again', async () => {
  const { mail } = await startBacked(REFUSED);
  await world.tell(['wecom'], ['a']);
  await until(() => expect(mail.messages).toHaveLength(1));
  const alert = { name: 'PayguardProbeFailing', labels: {}, annotations: {}, startsAt: 1, endsAt: null };
  const subject = { kind: 'alert', fingerprint: 'f', alert } as const;
  const news = [
    { dedupeKey: 'first', news: 'opened', severity: 'critical' },
    { dedupeKey: 'end', news: 'ended', severity: 'info' },
    { dedupeKey: 'second', news: 'opened', severity: 'critical' },
  ] as const;
  const now = world.clock.now();
  const notices = news.map((each) => ({ ...each, channel: 'wecom', subject, dueAt: now, traceparent: undefined }));
  await inTransaction(world.pool, (connection) => insertNotices(connection, notices, now));
  await until(() => expect(mail.messages[1]?.items).toMatchObject([{ about: 'alert', news: 'opened' }]));
});

it('keeps trying where nobody takes over, and gives up after a day what is over, but nothing that is open', async () => {
  const ops = createReceiver('ops', FAILED);
  const { registry } = world.start([ops]);
  const [over] = await world.tell(['ops'], ['a', 'b']);
  await world.pool.query("UPDATE mismatches SET state = 'resolved' WHERE id = ?", [over]);
  await until(async () => expect(await world.deliveries('ops')).toMatchObject([{ outcome: 'failed' }]));
  world.advance(GIVEN_UP_AFTER_MS);
  const states = async () => (await world.notices('ops')).map(({ state }) => state);
  await until(async () => expect(await states()).toEqual(['given_up', 'pending']));
  expect(ops.messages).toHaveLength(2);
  await until(async () =>
    expect(await metricOf(registry, 'payguard_alert_notices_total', { channel: 'ops', outcome: 'given_up' })).toBe(1),
  );
});
