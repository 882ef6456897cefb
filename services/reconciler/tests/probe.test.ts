import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import type { ProbeFinding } from '@payguard/shared/callback-probe/verdict';
import { systemClock } from '@payguard/shared/clock/clock';
import type { Merchant } from '@payguard/shared/config/merchants-file';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import { ensureTopics } from '@payguard/shared/kafka/ensure-topics';
import { createKafka } from '@payguard/shared/kafka/kafka-client';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import {
  createTestAuthority,
  portOf,
  startHost,
  type TestAuthority,
  type TestHost,
} from '../../../packages/shared/tests/callback-probe/test-host.ts';
import { openTestDatabase, type TestDatabase } from '../../../packages/shared/tests/database/open-test-database.ts';
import type {} from '../../../tests/setup/global-servers.ts';
import { type GatewayWorld, openGatewayWorld } from '../../callback-gateway/tests/gateway-world.ts';
import type { ProbeConfig } from '../src/config.ts';
import { runProbe } from '../src/probe/run-probe.ts';
import { startProbe } from '../src/probe/start-probe.ts';

const ONE_BROKER = { partitions: 3, replicationFactor: 1, minInSyncReplicas: 1 };
const SILENT = createLogger('reconciler', 'silent');
const NEVER = new AbortController().signal;

let database: TestDatabase;
let gateway: GatewayWorld;
let authority: TestAuthority;
let ingress: Ingress;
let swallowing: TestHost;
beforeAll(async () => {
  const brokers = inject('kafkaBrokers') ?? [];
  await ensureTopics(createKafka('tests', { KAFKA_BROKERS: brokers, KAFKA_SSL: false }, SILENT), ONE_BROKER);
  database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  authority = await createTestAuthority();
  gateway = await openGatewayWorld({ brokers });
  await gateway.ready();
  ingress = await startIngress(gateway, authority);
  swallowing = await startHost((_request, answer) => answer.end('thank you'));
});
afterAll(async () => {
  await Promise.all([swallowing?.close(), ingress?.close()]);
  await gateway?.stop();
  await database?.drop();
});
beforeEach(() => database.pool.query('DELETE FROM callback_probes'));

type Ingress = { callbackUrl: string; close(): Promise<unknown> };

/** Ends TLS in front of the gateway, as an ingress does. */
async function startIngress({ port, callbackUrl }: GatewayWorld, { issue }: TestAuthority): Promise<Ingress> {
  const server = createTlsServer(await issue(), (secure) => {
    const plain = connect(port, '127.0.0.1');
    secure.pipe(plain).pipe(secure);
    for (const socket of [secure, plain]) socket.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    callbackUrl: `https://127.0.0.1:${portOf(server)}${new URL(callbackUrl).pathname}`,
    close: () => once(server.close(), 'close'),
  };
}

const merchant = (mchid: string, notifyUrl: string | undefined): Merchant => ({
  mchid: mchid as Merchant['mchid'],
  appids: [],
  orderPrefixes: [],
  latePayment: 'credit',
  allowNegativeBalance: false,
  requestsPerSecond: 50,
  maxOrderAmount: 1,
  maxPointsPerYuan: 1,
  keys: { apiV3KeyFile: 'unused', verificationKeysDir: 'unused' },
  ...(notifyUrl === undefined ? {} : { notifyUrl }),
});

const probe = (merchants: Merchant[], stop = NEVER) => {
  const trusted = [authority.certificatePem];
  const { pool } = database;
  return runProbe(
    { pool, merchants, clock: systemClock, log: SILENT, runBy: 'test:1', trusted, allowLocal: true },
    stop,
  );
};

const rows = (sql: string): Promise<Record<string, unknown>[]> => database.pool.query({ sql, dateStrings: true });
const lastRun = async () =>
  (await rows("SELECT outcome, counts, finished_at FROM job_runs WHERE job = 'probe' ORDER BY id DESC LIMIT 1"))[0];

describe('one run of the probe', () => {
  it('finds the real gateway behind TLS in order, which counts the unsigned callback as one that never pages', async () => {
    const published = await gateway.metric('payguard_callbacks_total', 'outcome="published"');
    const startedAt = Date.now();
    await probe([merchant('1900000109', ingress.callbackUrl)]);
    const [row] = await rows('SELECT * FROM callback_probes');
    expect(row).toMatchObject({ url: ingress.callbackUrl, finding: 'ok', http_status: 200 });
    expect(row?.sentence).toContain(ingress.callbackUrl);
    expect(row?.latency_ms).toBeTypeOf('number');
    expect(fromUtcText(String(row?.started_at))).toBeGreaterThanOrEqual(startedAt);
    expect(fromUtcText(String(row?.tls_not_after))).toBeGreaterThan(startedAt);
    expect(await gateway.metric('payguard_callbacks_total', 'outcome="missing_header"')).toBe(1);
    expect(await gateway.metric('payguard_callbacks_total', 'outcome="published"')).toBe(published);
  });

  it('asks each URL once, keeps a row for each, and counts the run by what it found', async () => {
    const before = await total('post_accepted');
    await probe([
      merchant('1900000109', ingress.callbackUrl),
      merchant('1900000208', ingress.callbackUrl),
      merchant('1900000307', swallowing.callbackUrl),
      merchant('1900000406', undefined),
    ]);
    const found = await rows('SELECT url, finding FROM callback_probes ORDER BY finding');
    expect(found).toEqual([
      { url: ingress.callbackUrl, finding: 'ok' },
      { url: swallowing.callbackUrl, finding: 'post_accepted' },
    ]);
    const { outcome, counts } = (await lastRun()) ?? {};
    expect(outcome).toBe('ended');
    expect(JSON.parse(String(counts))).toEqual({ merchants_without_url: 1, ok: 1, post_accepted: 1 });
    expect(await total('post_accepted')).toBe(before + 1);
  });

  it('that is stopped notes so and does not wait for hosts that hang', async () => {
    const stop = new AbortController();
    const hanging = await startHost(() => stop.abort(new Error('stopping')));
    expect(await probe([merchant('1900000109', hanging.callbackUrl)], stop.signal)).toEqual([]);
    expect(await lastRun()).toMatchObject({ outcome: 'stopped' });
    await hanging.close();
  });
});

async function total(finding: ProbeFinding): Promise<number> {
  const [row] = await rows(`SELECT value FROM job_totals WHERE job = 'probe' AND name = '${finding}'`);
  return Number(row?.value ?? 0);
}

describe('the job', () => {
  const start = (change: Partial<ProbeConfig> = {}): Promise<number> => {
    const file = join(gateway.folder, 'merchants.yaml');
    const config = { DATABASE_URL: database.url, MERCHANTS_FILE: file, ALLOW_LOCAL_NOTIFY_URL: false };
    return startProbe({ ...config, LOG_LEVEL: 'silent', ...change }, SILENT, NEVER);
  };
  const writeMerchants = (name: string, notifyUrl: string): string => {
    const file = join(gateway.folder, name);
    const keys = { apiV3KeyFile: 'unused', verificationKeysDir: 'unused' };
    const appids = [gateway.merchant.appid];
    writeFileSync(file, JSON.stringify({ merchants: [{ mchid: gateway.merchant.mchid, appids, notifyUrl, keys }] }));
    return file;
  };

  it('ends with 0 where callbacks cannot arrive: another try would find the same, and the alert goes by the row', async () => {
    const localhost = 'https://localhost/api/payment/wechat/callback';
    expect(await start({ MERCHANTS_FILE: writeMerchants('localhost.yaml', localhost) })).toBe(0);
    expect(await rows('SELECT url, finding, http_status FROM callback_probes')).toEqual([
      { url: localhost, finding: 'bad_url', http_status: null },
    ]);
  });

  it('trusts the authorities of PROBE_CA_FILE beside the public ones', async () => {
    const own = join(gateway.folder, 'own-ca.pem');
    writeFileSync(own, authority.certificatePem);
    const given = { MERCHANTS_FILE: writeMerchants('tls.yaml', ingress.callbackUrl), ALLOW_LOCAL_NOTIFY_URL: true };
    await start(given);
    await start({ ...given, PROBE_CA_FILE: own });
    const found = await rows('SELECT finding FROM callback_probes ORDER BY id');
    expect(found).toEqual([{ finding: 'tls_untrusted' }, { finding: 'ok' }]);
    rmSync(own);
    await expect(start({ ...given, PROBE_CA_FILE: own })).rejects.toThrow(/own-ca\.pem \(PROBE_CA_FILE\)/);
  });

  it('ends with 1 when the schema is not there', async () => {
    const url = new URL(database.url);
    url.pathname = '/mysql';
    expect(await start({ DATABASE_URL: url.href })).toBe(1);
  });
});
