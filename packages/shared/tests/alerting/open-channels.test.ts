import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { checkPostAddress } from '../../src/alerting/channels/check-post-address.ts';
import { openChannels } from '../../src/alerting/open-channels.ts';
import { ConfigError } from '../../src/config/config-error.ts';
import { createLogger } from '../../src/telemetry/logger.ts';
import { parseAlerts } from './open-world.ts';

const folder = mkdtempSync(join(tmpdir(), 'payguard-channels-'));
afterAll(() => rmSync(folder, { recursive: true }));

function secretFile(text: string): string {
  const path = join(folder, `secret-${Buffer.from(text).toString('hex').slice(0, 40)}`);
  writeFileSync(path, text);
  return path;
}

const SECRET = secretFile('SECabc\n');
const MISSING = join(folder, 'nowhere');
const MAIL = { type: 'mail', host: 'smtp.example.com', from: 'a@example.com', to: ['b@example.com'] };

it.each<[string, Record<string, unknown>]>([
  ['channels.ops.accessTokenFile', { type: 'dingtalk', accessTokenFile: MISSING, secretFile: SECRET }],
  ['channels.ops.secretFile', { type: 'dingtalk', accessTokenFile: SECRET, secretFile: MISSING }],
  ['channels.ops.keyFile', { type: 'wecom', keyFile: secretFile('two words') }],
  ['channels.ops.keyFile', { type: 'wecom', keyFile: secretFile('\n') }],
  ['channels.ops.url', { type: 'wecom', keyFile: SECRET, url: 'http://robots.example.com/send' }],
  ['channels.ops.secretFile', { type: 'webhook', url: 'https://example.com/', secretFile: SECRET }],
  ['channels.ops.url', { type: 'webhook', url: 'ftp://example.com/', secretFile: SECRET }],
  ['channels.ops.url', { type: 'webhook', url: 'http://pager.example.com/', secretFile: SECRET }],
  ['channels.ops.tls', { ...MAIL, tls: 'none' }],
  ['channels.ops.passwordFile', { ...MAIL, username: 'alerts' }],
  ['channels.ops.username', { ...MAIL, passwordFile: SECRET }],
  ['channels.ops.caFile', { ...MAIL, caFile: MISSING }],
])('a setting that cannot be used is named: %s', (field, channel) => {
  const open = () => openChannels(parseAlerts({ ops: channel }), createLogger('test', 'silent'));
  expect(open).toThrow(ConfigError);
  expect(open).toThrow(field);
  expect(open).not.toThrow(/SECabc|two words/);
});

it.each([
  'https://shop.example.com/',
  'http://127.0.0.1:8080/',
  'http://localhost/',
  'http://[::1]:8080/',
  'http://shop:3000/hooks',
  'http://shop.default.svc/',
  'http://shop.default.svc.cluster.local:3000/',
])('a webhook may be posted to %s: with TLS, to this machine, or inside the cluster', (address) => {
  expect(() => checkPostAddress('shop.url', address)).not.toThrow();
});

it.each([
  'http://shop.example.com/',
  'http://10.0.0.7/',
  'http://167772167/',
  'http://[2001:db8::7]/',
  'http://svc.example.com/',
  'http://shop.svc.example.com/',
  'ftp://shop.example.com/',
  'file:///etc/passwd',
])('a webhook is never posted to %s', (address) => {
  const check = () => checkPostAddress('shop.url', address);
  expect(check).toThrow(ConfigError);
  expect(check).toThrow(/^shop\.url: must begin with https:\/\//);
});
