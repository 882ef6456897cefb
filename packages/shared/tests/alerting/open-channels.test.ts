import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
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
