import { X509Certificate } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { glob } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceivers, type Receivers } from '@payguard/receivers/receivers';
import type { AlertMessage } from '@payguard/shared/alerting/alert-message';
import { type AlertsFile, loadAlertsFile } from '@payguard/shared/alerting/alerts-file';
import { openChannels } from '@payguard/shared/alerting/open-channels';
import { findApiKey, loadApiKeysFile } from '@payguard/shared/config/api-keys-file';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSimulator } from 'wechatpay-simulator';
import { z } from 'zod';
import { CHART, type ChartObject, findObject, helmMissing, renderChart } from './render-chart.ts';

const KEYS = join(CHART, 'files/development/simulator');
const MERCHANT = { mchid: '1900000109', appid: 'wxd678efh567hg6787', mode: 'rotating' } as const;
/** Whoever installs the chart then gets keys that last. */
const KEYS_LAST_MS = 90 * 86_400_000;

const folder = mkdtempSync(join(tmpdir(), 'payguard-development-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What a Secret or ConfigMap of the chart holds. */
function dataOf(objects: readonly ChartObject[], kind: string, name: string): Record<string, string> {
  const schema = z.record(z.string(), z.string()).optional();
  const { stringData, data } = findObject(objects, kind, name);
  return { ...schema.parse(data), ...schema.parse(stringData) };
}

/** As the kubelet lays them out. */
function mount(path: string, files: Record<string, string>): string {
  mkdirSync(path, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(path, name), text);
  return path;
}

describe("the simulator's well-known keys", () => {
  it('are taken as they are, and last for another three months', async () => {
    const keysDir = join(folder, 'keys');
    cpSync(KEYS, keysDir, { recursive: true });
    const simulator = await createSimulator({ merchants: [MERCHANT], keysDir });
    const [merchant] = simulator.merchants;
    await simulator.close();
    expect(Date.parse(merchant?.platform.expiresAt ?? '')).toBeGreaterThan(Date.now() + KEYS_LAST_MS);
    for await (const path of glob('**/*.{pem,json}', { cwd: KEYS })) {
      expect(readFileSync(join(keysDir, path), 'utf8'), path).toBe(readFileSync(join(KEYS, path), 'utf8'));
    }
  });

  it.skipIf(helmMissing !== undefined)('lie in the Secrets of the merchant, on both sides alike', async () => {
    const objects = await renderChart({ values: 'values-dev.yaml' });
    const secret = (name: string) => dataOf(objects, 'Secret', `payguard-development-${name}`);
    const simulator = await createSimulator({ merchants: [MERCHANT], keysDir: KEYS });
    const [merchant] = simulator.merchants;
    await simulator.close();
    if (merchant === undefined) throw new Error('the simulator has no merchant');
    expect(secret('verification')).toEqual({
      'apiv3.key': merchant.apiV3Key,
      [`${merchant.platform.serial}.pem`]: merchant.platform.certificatePem,
      [`${merchant.publicKey.id}.pem`]: merchant.publicKey.publicKeyPem,
    });
    expect(secret('signing')).toEqual({ 'apiclient_key.pem': merchant.privateKeyPem });
    expect(dataOf(objects, 'ConfigMap', 'payguard-merchants')['merchants.yaml']).toContain(merchant.serialNo);
  });

  it.skipIf(helmMissing !== undefined)('come with a key of the order API that checkout takes', async () => {
    const secret = dataOf(await renderChart({ values: 'values-dev.yaml' }), 'Secret', 'payguard-development-api-key');
    const path = mount(join(folder, 'api-keys'), secret);
    const keys = loadApiKeysFile(join(path, 'api-keys.yaml'), new Set([MERCHANT.mchid]));
    expect(findApiKey(keys, secret['api-key']?.trim() ?? '', Date.now())).toMatchObject({ mchids: [MERCHANT.mchid] });
  });
});

describe.skipIf(helmMissing !== undefined)('the development alerts', () => {
  const log = createLogger('test', 'silent');
  let objects: ChartObject[];
  let receivers: Receivers;
  let alertsFile: string;
  beforeAll(async () => {
    objects = await renderChart({ values: 'values-dev.yaml' });
    receivers = await createReceivers({
      stateDir: mount(join(folder, 'receivers'), dataOf(objects, 'Secret', 'payguard-receivers')),
    });
    const alerts = mount(join(folder, 'alerts'), dataOf(objects, 'ConfigMap', 'payguard-alerts'));
    mount(join(alerts, 'secrets'), dataOf(objects, 'Secret', 'payguard-development-alerts'));
    alertsFile = join(alerts, 'alerts.yaml');
    return () => receivers.close();
  });

  it('are what the alerter takes, with the receivers inside the cluster', () => {
    const channels = openChannels(loadAlertsFile(alertsFile), log);
    expect([...channels.keys()]).toEqual(['dingtalk', 'wecom', 'mail', 'webhook']);
  });

  it('reach every receiver: each signature holds, and the mail goes over TLS that verifies', async () => {
    const channels = openChannels(atThisMachine(loadAlertsFile(alertsFile), receivers), log);
    for (const channel of channels.values()) {
      expect(await channel.send(MESSAGE), channel.name).toMatchObject({ kind: 'sent' });
      await channel.close();
    }
    expect(receivers.messages().map(({ channel }) => channel)).toEqual(['dingtalk', 'wecom', 'mail', 'webhook']);
    const certificate = new X509Certificate(readFileSync(receivers.files.smtpCertificate));
    expect(certificate.checkHost('payguard-receivers')).toBe('payguard-receivers');
  });

  it('come with a token that Alertmanager may bring', () => {
    const { token } = dataOf(objects, 'Secret', 'payguard-development-alertmanager');
    expect(token).toMatch(/^\S{16,}$/);
  });
});

const MESSAGE: AlertMessage = {
  id: 'development-keys',
  severity: 'info',
  items: [{ about: 'alerter', news: 'opened', severity: 'info', text: { zh: '测试', en: 'test' } }],
  at: Date.parse('2025-07-12T01:05:00+08:00'),
  insteadOf: null,
  isTest: true,
};

/** The same file, with the Service's name replaced: here nobody resolves it. */
function atThisMachine(alerts: AlertsFile, { page, smtp }: Receivers): AlertsFile {
  const json = JSON.stringify(alerts)
    .replaceAll('http://payguard-receivers:8025', page)
    .replaceAll('"host":"payguard-receivers","port":1025', `"host":"localhost","port":${smtp.port}`);
  return JSON.parse(json);
}
