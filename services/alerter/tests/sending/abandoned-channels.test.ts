import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { handOverAbandoned } from '../../src/sending/abandoned-channels.ts';
import { acquireChannel, ensureChannel } from '../../src/sending/channel-lease.ts';
import { createReceiver, openSendingWorld, type SendingWorld, toldIds } from './sending-world.ts';

let world: SendingWorld;
beforeAll(async () => {
  world = await openSendingWorld();
});
afterEach(() => world.clear());
afterAll(() => world.close());

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });

it('gives what waits for a channel that alerts.yaml no longer has to the fallback', async () => {
  const ids = await world.tell(['old-robot', 'ops'], ['a', 'b']);
  await world.pool.query(
    "UPDATE alert_notices SET state = 'sending', delivery_id = 1 WHERE channel = 'old-robot' LIMIT 1",
  );
  const [ops, mail] = [createReceiver('ops'), createReceiver('mail')];
  world.start([ops, mail], { fallback: 'mail' });
  await until(() => expect(toldIds(mail.messages).toSorted()).toEqual(ids.toSorted()));
  expect(mail.messages[0]).toMatchObject({ insteadOf: 'old-robot' });
  expect((await world.notices('old-robot')).map(({ state }) => state)).toEqual(['handed_over', 'handed_over']);
});

it('gives it to the channels of the first route where there is no fallback, but not twice what they have', async () => {
  const ids = await world.tell(['old-robot', 'ops'], ['a']);
  const [ops, desk] = [createReceiver('ops'), createReceiver('desk')];
  world.start([ops, desk]);
  await until(() => expect(toldIds(desk.messages)).toEqual(ids));
  await until(async () => expect(await world.notices('ops')).toMatchObject([{ state: 'sent' }]));
  expect(toldIds(ops.messages)).toEqual(ids);
});

it('leaves a channel to the process that holds it, by an alerts.yaml that has it', async () => {
  await world.tell(['new-robot'], ['a']);
  await ensureChannel(world.pool, 'new-robot');
  await acquireChannel(world.pool, { channel: 'new-robot', token: 'another' }, world.clock.now());
  const ops = createReceiver('ops');
  await handOverAbandoned(world.inside(ops), { channels: {}, routes: [{ to: ['ops'] }] }, 'test');
  expect(await world.notices('new-robot')).toMatchObject([{ state: 'pending' }]);
  expect(await world.notices('ops')).toEqual([]);
});
