import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@payguard/shared/telemetry/logger';
import type { FastifyInstance } from 'fastify';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { loadBearerToken } from '../src/alertmanager/bearer-token.ts';
import { buildApp } from '../src/app.ts';
import type { RoundDependencies } from '../src/handle-round.ts';
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

async function start(changes: Partial<RoundDependencies> = {}): Promise<void> {
  alerter.clock.at = NOW;
  app = buildApp({ ...alerter.deps, ...changes, isAuthorized: loadBearerToken(join(folder, 'token')) });
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

  it('without the right token is logged once a minute, with how many there were', async () => {
    const lines: string[] = [];
    await app.close();
    await start({ log: createLogger('alerter', 'warn', { write: (line) => void lines.push(line) }) });
    for (let time = 0; time < 3; time += 1) await post([], { authorization: '' });
    alerter.clock.at += 60_000;
    await post([], { authorization: '' });
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([{ requests: 1 }, { requests: 3 }]);
  });

  it('is refused when it cannot be read, and people are told so once an hour', async () => {
    for (const body of ['{', '[]', '{"version":"3","alerts":[]}']) expect(await post([], { body })).toBe(400);
    const told = ['desk opened', 'page opened'];
    expect(await readNews(alerter.pool, 'alerter:refused-webhook')).toEqual(told);
    alerter.clock.at += HOUR_MS;
    const headers = { authorization: `Bearer ${TOKEN}`, 'content-length': String(17 * 1024 * 1024) };
    const large = await app.inject({ method: 'POST', url: '/v1/alertmanager', headers, payload: {} });
    expect(large.statusCode).toBe(413);
    expect(await readNews(alerter.pool, 'alerter:refused-webhook')).toHaveLength(4);
  });

  it('tells the alerts that it can read, and that there were others', async () => {
    const others = [{ ...alert('bad1', { name: 'PayguardUnread' }), annotations: null }, { status: 'firing' }];
    expect(await post([alert('good1'), ...others, alert('good2')])).toBe(204);
    expect(await readNews(alerter.pool, 'alert:good%')).toHaveLength(4);
    expect(await readNews(alerter.pool, 'alerter:unreadable-alerts')).toEqual(['desk opened', 'page opened']);
    const [row]: { payload: string }[] = await alerter.pool.query(
      "SELECT payload FROM alert_notices WHERE subject = 'alerter:unreadable-alerts' LIMIT 1",
    );
    expect(JSON.parse(row?.payload ?? '').en).toMatch(/^2 alerts .*PayguardUnread, unnamed.* annotations: /);
  });

  it('may bring hundreds of alerts with long texts', async () => {
    const annotations = { summary: 'x'.repeat(5_000) };
    expect(await post(Array.from({ length: 250 }, (_, n) => ({ ...alert(`many${n}`), annotations })))).toBe(204);
    expect(await readNews(alerter.pool, 'alert:many%')).toHaveLength(500);
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

  it('tells what fires again with the same beginning: Alertmanager had taken it for over', async () => {
    const firing = alert('fp9');
    const resolved = alert('fp9', { status: 'resolved' });
    for (const each of [firing, resolved, firing, firing, resolved, resolved, firing]) await post([each]);
    const notices = await readNotices(alerter.pool, 'alert:fp9');
    const on = (name: string) => notices.filter(({ channel }) => channel === name);
    expect(on('page').map(({ news }) => news)).toEqual(['opened', 'ended', 'opened', 'ended', 'opened']);
    // One piece of news has one name on all channels, so that a fallback of both tells it once.
    expect(on('page').map((each) => each.dedupe_key)).toEqual(on('desk').map((each) => each.dedupe_key));
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
    await start({ pool: away });
    expect(await post([alert('fp8')])).toBe(503);
    expect(await post([], { body: '{' })).toBe(503);
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
