import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceivers, type Receivers } from '@payguard/receivers/receivers';
import { keepSecrets } from '@payguard/receivers/secrets/keep-secrets';
import type { AlertChannel, SendOutcome } from '../../src/alerting/alert-message.ts';
import { alertsFileSchema, type ChannelSettings } from '../../src/alerting/alerts-file.ts';
import { CHANNEL_TIMEOUTS, type ChannelTimeouts } from '../../src/alerting/channels/channel-options.ts';
import { openChannels } from '../../src/alerting/open-channels.ts';
import { createLogger } from '../../src/telemetry/logger.ts';

/** For a receiver that hangs: so short that it costs a test little. */
const SHORT: ChannelTimeouts = {
  post: { connectMs: 400, totalMs: 400 },
  mail: { connectMs: 400, greetingMs: 400, idleMs: 400, totalMs: 2_000 },
};

/** The outside world, and a way to write into its state folder. */
export type World = {
  receivers: Receivers;
  stateDir: string;
  /** Opens the channels of a file like alerts.yaml; `log` has what they log, one JSON line each. */
  open(channels: Record<string, unknown>, patience?: 'short'): { channel(name: string): AlertChannel; log: string[] };
  /** The secrets that stand in what people or machines may read. */
  secretsIn(...texts: readonly unknown[]): string[];
  close(): Promise<void>;
};

export async function openWorld(): Promise<World> {
  const stateDir = mkdtempSync(join(tmpdir(), 'payguard-receivers-'));
  const receivers = await createReceivers({ stateDir });
  const { secrets } = keepSecrets(stateDir, Date.now());
  const opened: AlertChannel[] = [];
  return {
    receivers,
    stateDir,
    open(settings, patience) {
      const log: string[] = [];
      const logger = createLogger('test', 'trace', { write: (line: string) => void log.push(line) });
      const channels = openChannels(parseAlerts(settings), logger, patience === 'short' ? SHORT : CHANNEL_TIMEOUTS);
      opened.push(...channels.values());
      return { log, channel: (name) => channels.get(name) ?? fail(`no channel ${name}`) };
    },
    secretsIn(...texts) {
      const all = texts.map((text) => JSON.stringify(text)).join('\n');
      const decoded = (all.match(/[A-Za-z0-9+/]{8,}/g) ?? []).map((run) => Buffer.from(run, 'base64').toString());
      return Object.values(secrets).filter((secret) => [all, ...decoded].some((text) => text.includes(secret)));
    },
    close: async () => {
      await Promise.all(opened.map((channel) => channel.close()));
      await receivers.close();
      rmSync(stateDir, { recursive: true });
    },
  };
}

export function parseAlerts(channels: Record<string, unknown>) {
  const [name = ''] = Object.keys(channels);
  return alertsFileSchema.parse({ channels, routes: [{ to: [name] }] });
}

/** Settings of a channel towards the receivers. */
export function settingsOf(type: ChannelSettings['type'], { files, smtp, ...addresses }: Receivers) {
  switch (type) {
    case 'mail':
      return {
        type,
        host: 'localhost',
        port: smtp.port,
        caFile: files.smtpCertificate,
        username: smtp.username,
        passwordFile: files.smtpPassword,
        from: 'payguard <payguard@example.com>',
        to: ['ops@example.com', 'finance@example.com'],
      };
    case 'dingtalk':
      return {
        type,
        url: addresses.dingtalk,
        accessTokenFile: files.dingtalkToken,
        secretFile: files.dingtalkSecret,
        mentionMobiles: ['13800000000'],
      };
    case 'wecom':
      return { type, url: addresses.wecom, keyFile: files.wecomKey, mentionUsers: ['zhangsan'] };
    case 'webhook':
      return { type, url: addresses.webhook, secretFile: files.webhookSecret };
  }
}

/** Kind and code, for comparison. */
export function brief(outcome: SendOutcome): [kind: string, code: string] {
  return [outcome.kind, outcome.code];
}

function fail(reason: string): never {
  throw new Error(reason);
}
