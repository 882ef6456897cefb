import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceivers, type Receivers } from '@payguard/receivers/receivers';
import { utcText } from '@payguard/shared/database/multi-row';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { openShopWebhook, POSTS_AT_ONCE } from '../../src/sending/shop/open-shop-webhook.ts';
import { createReceiver, metricOf, openSendingWorld, type Process, type SendingWorld } from './sending-world.ts';

let world: SendingWorld;
let receivers: Receivers;
const stateDir = mkdtempSync(join(tmpdir(), 'payguard-shop-'));
beforeAll(async () => {
  world = await openSendingWorld();
  receivers = await createReceivers({ stateDir });
});
afterEach(async () => {
  await world.clear();
  receivers.clear();
});
afterAll(async () => {
  await world.close();
  await receivers.close();
  rmSync(stateDir, { recursive: true, force: true });
});

const until = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 10_000, interval: 20 });
const DAY_MS = 24 * 3_600_000;

function startTelling(): Process {
  const shop = { url: receivers.shop, secretFile: receivers.files.shopSecret };
  return world.start([], {
    shop,
    channels: { ops: { type: 'webhook', url: receivers.webhook, secretFile: '-' } },
    routes: [{ to: ['ops'] }],
  });
}

async function addCredit(order: string): Promise<string> {
  const id = `credit:1900000109:${order}`;
  const now = utcText(world.clock.now());
  const body = JSON.stringify({ type: 'points.credited', data: { out_trade_no: order, repaired: true } });
  await world.pool.query(
    `INSERT INTO shop_notifications (id, mchid, out_trade_no, repaired, body, state, next_attempt_at, created_at)
     VALUES (?, '1900000109', ?, 1, ?, 'pending', ?, ?)`,
    [id, order, body, now, now],
  );
  return id;
}

async function rowOf(id: string): Promise<{ state: string; attempts: number; code: string | null } | undefined> {
  const rows: { state: string; attempts: number; code: string | null }[] = await world.pool.query(
    'SELECT state, attempts, code FROM shop_notifications WHERE id = ?',
    [id],
  );
  return rows[0];
}

/** Waits until so many attempts are recorded; row and delivery are one transaction. */
async function untilOutcomes(...outcomes: string[]): Promise<void> {
  await until(async () => expect((await world.deliveries('shop')).map(({ outcome }) => outcome)).toEqual(outcomes));
}

it('tells the shop of each credit once, signed, under the same id', async () => {
  const ids = await Promise.all(Array.from({ length: 20 }, (_, n) => addCredit(`order-${n}`)));
  const { registry } = startTelling();
  startTelling();
  await until(async () => {
    for (const id of ids) expect(await rowOf(id)).toEqual({ state: 'sent', attempts: 1, code: 'http_204' });
  });
  const received = receivers.messages('shop');
  expect(received.map((message) => message.id).toSorted()).toEqual(ids.toSorted());
  expect(receivers.tallies().shop.refused).toEqual({});
  expect((await world.deliveries('shop')).map(({ outcome }) => outcome)).toEqual(ids.map(() => 'sent'));
  await until(async () =>
    expect(await metricOf(registry, 'payguard_shop_notifications_total', { outcome: 'given_up' })).toBe(0),
  );
});

it('tries again what the shop does not take, and tells it when the shop is back', async () => {
  receivers.faults.shop.set({ kind: 'status', status: 503, times: 2 });
  const id = await addCredit('order-1');
  const { registry } = startTelling();
  await untilOutcomes('failed');
  expect(await rowOf(id)).toEqual({ state: 'pending', attempts: 1, code: 'http_503' });
  world.advance(5_000);
  await untilOutcomes('failed', 'failed');
  world.advance(15_000);
  await untilOutcomes('failed', 'failed', 'sent');
  expect(await rowOf(id)).toMatchObject({ state: 'sent', attempts: 3 });
  await until(async () =>
    expect(await metricOf(registry, 'payguard_shop_notifications_total', { outcome: 'failed' })).toBe(2),
  );
});

it('gives up after three days of failures', async () => {
  receivers.faults.shop.set({ kind: 'cut' });
  const id = await addCredit('order-1');
  await world.pool.query('UPDATE shop_notifications SET attempts = 20 WHERE id = ?', [id]);
  world.advance(3 * DAY_MS);
  startTelling();
  await until(async () => expect(await rowOf(id)).toEqual({ state: 'given_up', attempts: 21, code: 'network' }));
});

it('asks the shop eight times at once, so that no time runs out in a queue', async () => {
  const held: ServerResponse[] = [];
  const server = createServer((_, response) => void held.push(response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const settings = {
    url: `http://127.0.0.1:${port}/`,
    secretFile: receivers.files.shopSecret,
    credits: 'all',
  } as const;
  const webhook = openShopWebhook(settings);
  const posts = Array.from({ length: POSTS_AT_ONCE }, (_, n) => webhook.post({ id: `credit-${n}`, body: '{}', at: 0 }));
  await until(() => expect(held).toHaveLength(POSTS_AT_ONCE));
  for (const response of held) response.writeHead(204).end();
  expect((await Promise.all(posts)).every(({ kind }) => kind === 'sent')).toBe(true);
  await webhook.close();
  server.close();
});

it('gives up what waits when there is no shop any more', async () => {
  const id = await addCredit('order-1');
  await world.pool.query("UPDATE shop_notifications SET next_attempt_at = '2999-01-01'");
  world.start([createReceiver('ops')]);
  await until(async () => expect(await rowOf(id)).toMatchObject({ state: 'given_up', attempts: 0 }));
});
