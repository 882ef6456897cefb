import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadBearerToken } from '../src/alertmanager/bearer-token.ts';
import { buildApp } from '../src/app.ts';
import { readWatchdogSeen } from '../src/watchdog/watchdog-seen.ts';
import { openAlerterDatabase, readNews, readNotices } from './alerter-database.ts';
import { NOW } from './alerter-fixtures.ts';

const TOKEN = 'a-token-of-this-test-alone';
const HOUR_MS = 60 * 60_000;

let alerter: Awaited<ReturnType<typeof openAlerterDatabase>>;
let folder: string;
let app: FastifyInstance;
beforeAll(async () => {
  alerter = await openAlerterDatabase();
  folder = mkdtempSync(join(tmpdir(), 'payguard-alerter-'));
  writeFileSync(join(folder, 'token'), `${TOKEN}\n`);
});
afterAll(async () => {
  await alerter.drop();
  rmSync(folder, { recursive: true, force: true });
});
beforeEach(() => start());
afterEach(() => app.close());

async function start(pool = alerter.pool): Promise<void> {
  alerter.clock.at = NOW;
  app = buildApp({ ...alerter.deps, pool, isAuthorized: loadBearerToken(join(folder, 'token')) });
  await app.listen({ host: '127.0.0.1', port: 0 });
}

type Sent = { authorization?: string; body?: string };

async function post(alerts: unknown[], { authorization = `Bearer ${TOKEN}`, body }: Sent = {}): Promise<number> {
  const { port } = app.server.address() as AddressInfo;
  const webhook = { version: '4', groupKey: '{}', status: 'firing', receiver: 'payguard', truncatedAlerts: 0, alerts };
  const response = await fetch(`http://127.0.0.1:${port}/v1/alertmanager`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === '' ? {} : { authorization }) },
    body: body ?? JSON.stringify({ ...webhook, notification_reason: 'a field of a newer release' }),
  });
  return response.status;
}

/** An alert as Alertmanager tells it, with the nine digits of its seconds. */
function alert(
  fingerprint: string,
  changes: { status?: string; severity?: string; name?: string; startsAt?: number } = {},
) {
  const { status = 'firing', severity = 'critical', name = 'PayguardCallbacksMissing', startsAt = NOW } = changes;
  return {
    status,
    labels: { alertname: name, severity },
    annotations: { summary: '回调丢失', summary_en: 'callbacks are lost' },
    startsAt: new Date(startsAt).toISOString().replace('Z', '123456Z'),
    endsAt: status === 'firing' ? '0001-01-01T00:00:00Z' : new Date(NOW + HOUR_MS).toISOString(),
    generatorURL: 'http://prometheus/graph',
    fingerprint,
  };
}

describe('Alertmanager’s webhook', () => {
  it('is refused without the right token, before its body counts', async () => {
    for (const authorization of ['', 'Bearer ', `Bearer ${TOKEN}x`, `Basic ${TOKEN}`, TOKEN]) {
      expect(await post([alert('nobody')], { authorization })).toBe(401);
    }
    expect(await readNews(alerter.pool, 'alert:nobody')).toEqual([]);
    const text = await alerter.registry.metrics();
    expect(text).toContain('payguard_alertmanager_webhooks_total{outcome="unauthorized",service="alerter"} 5');
  });

  it('is refused when it cannot be read', async () => {
    for (const body of ['{', '[]', '{"version":"3","alerts":[]}', '{"version":"4","alerts":[{"status":"firing"}]}']) {
      expect(await post([], { body })).toBe(400);
    }
    expect(await post([], { body: JSON.stringify({ version: '4', padding: 'x'.repeat(1024 * 1024) }) })).toBe(413);
  });

  it('tells each alert once on each channel of its route, restarts included', async () => {
    const alerts = [alert('fp1'), alert('fp2', { severity: 'warning' }), alert('fp3', { severity: 'p1' })];
    expect(await post(alerts)).toBe(204);
    await app.close();
    await start();
    expect(await post(alerts)).toBe(204);
    expect(await readNews(alerter.pool, 'alert:fp1')).toEqual(['desk opened', 'page opened']);
    expect(await readNews(alerter.pool, 'alert:fp2')).toEqual(['desk opened']);
    const [unknown] = await readNotices(alerter.pool, 'alert:fp3');
    expect(unknown).toMatchObject({ channel: 'desk', severity: 'warning', due_at: '2026-03-01 00:00:30.000' });
    const [row]: { payload: string }[] = await alerter.pool.query(
      "SELECT payload FROM alert_notices WHERE subject = 'alert:fp1' LIMIT 1",
    );
    expect(JSON.parse(row?.payload ?? '')).toMatchObject({
      name: 'PayguardCallbacksMissing',
      startsAt: NOW,
      endsAt: null,
    });
  });

  it('tells what still fires again after four hours, and no sooner', async () => {
    await post([alert('fp4')]);
    for (const hours of [1, 3.9, 4.1, 5, 8.1]) {
      alerter.clock.at = NOW + hours * HOUR_MS;
      await post([alert('fp4')]);
    }
    const news = (await readNotices(alerter.pool, 'alert:fp4')).filter(({ channel }) => channel === 'page');
    expect(news.map((each) => each.news)).toEqual(['opened', 'repeated', 'repeated']);
  });

  it('tells the end only where the beginning was told, once, and a new beginning as one', async () => {
    await post([alert('fp5', { status: 'resolved' })]);
    expect(await readNews(alerter.pool, 'alert:fp5')).toEqual([]);
    await post([alert('fp6', { severity: 'warning' })]);
    for (let time = 0; time < 2; time += 1) await post([alert('fp6', { status: 'resolved', severity: 'warning' })]);
    expect(await readNews(alerter.pool, 'alert:fp6')).toEqual(['desk ended', 'desk opened']);
    await post([alert('fp6', { severity: 'warning', startsAt: NOW + 1_000 })]);
    expect(await readNews(alerter.pool, 'alert:fp6')).toEqual(['desk ended', 'desk opened', 'desk opened']);
  });

  it('keeps the time of the Watchdog, which is no news', async () => {
    expect(await post([alert('fp7', { name: 'Watchdog', severity: 'info' })])).toBe(204);
    expect(await readWatchdogSeen(alerter.pool)).toBe(NOW);
    alerter.clock.at = NOW + HOUR_MS;
    await post([alert('fp7', { name: 'Watchdog', status: 'resolved' })]);
    expect(await readWatchdogSeen(alerter.pool)).toBe(NOW);
    expect(await readNews(alerter.pool, 'alert:fp7')).toEqual([]);
  });

  it('is answered 503 while the database is away, so that Alertmanager sends it again', async () => {
    const away = new Proxy(alerter.pool, {
      get(target, name) {
        if (name === 'getConnection') {
          return () => Promise.reject(Object.assign(new Error('refused'), { errno: 45028, sqlState: '08S01' }));
        }
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    await app.close();
    await start(away);
    expect(await post([alert('fp8')])).toBe(503);
    await app.close();
    await start();
    expect(await post([alert('fp8')])).toBe(204);
    expect(await readNews(alerter.pool, 'alert:fp8')).toEqual(['desk opened', 'page opened']);
  });
});

describe('the token', () => {
  it('that could be guessed is refused at the start, and not shown', () => {
    writeFileSync(join(folder, 'short'), 'secret\n');
    expect(() => loadBearerToken(join(folder, 'short'))).toThrow(/shorter than 16 characters/);
    expect(() => loadBearerToken(join(folder, 'short'))).not.toThrow(/secret/);
    expect(() => loadBearerToken(join(folder, 'absent'))).toThrow(/ALERTMANAGER_TOKEN_FILE/);
  });
});
