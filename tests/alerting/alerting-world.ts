import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createReceivers, type Receivers } from '@payguard/receivers/receivers';
import { type AlertsFile, alertsFileSchema } from '@payguard/shared/alerting/alerts-file';
import { openChannels } from '@payguard/shared/alerting/open-channels';
import { systemClock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { startSending } from '../../services/alerter/src/sending/start-sending.ts';
import { createMigratedDatabase } from '../migrated-database.ts';

export const CHANNELS = ['dingtalk', 'wecom', 'mail', 'webhook'] as const;
export type ChannelName = (typeof CHANNELS)[number];

/** Sending in this process, a migrated database of its own, and everybody who is told on real sockets. */
export type AlertingWorld = {
  pool: DatabasePool;
  receivers: Receivers;
  registry: ReturnType<typeof createMetricsRegistry>;
  stop(): Promise<void>;
};

/** A receiver that hangs is given up sooner than in earnest. */
const TIMEOUTS = {
  post: { connectMs: 2_000, totalMs: 2_000 },
  mail: { connectMs: 2_000, greetingMs: 2_000, idleMs: 2_000, totalMs: 6_000 },
};

export async function openAlertingWorld(databaseUrl: string): Promise<AlertingWorld> {
  const database = await createMigratedDatabase(databaseUrl);
  const folder = mkdtempSync(join(tmpdir(), 'payguard-alerting-'));
  const receivers = await createReceivers({ stateDir: folder });
  const alerts = alertsOf(receivers);
  const log = createLogger('alerter', 'silent');
  const registry = createMetricsRegistry('alerter');
  const channels = openChannels(alerts, log, TIMEOUTS);
  const stopping = new AbortController();
  const sending = startSending({
    ...{ pool: database.pool, alerts, channels, clock: systemClock, log, registry, runBy: 'test' },
    stopping: stopping.signal,
  });
  return {
    ...{ pool: database.pool, receivers, registry },
    async stop() {
      stopping.abort(new Error('stopping'));
      await receivers.close();
      await sending.stop();
      await Promise.all([...channels.values()].map((channel) => channel.close()));
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function alertsOf({ dingtalk, wecom, webhook, smtp, files }: Receivers): AlertsFile {
  return alertsFileSchema.parse({
    channels: {
      dingtalk: {
        type: 'dingtalk',
        url: dingtalk,
        accessTokenFile: files.dingtalkToken,
        secretFile: files.dingtalkSecret,
      },
      wecom: { type: 'wecom', url: wecom, keyFile: files.wecomKey },
      mail: {
        ...{ type: 'mail', host: 'localhost', port: smtp.port, caFile: files.smtpCertificate },
        ...{ username: smtp.username, passwordFile: files.smtpPassword },
        ...{ from: 'alerts@payguard.example', to: ['on-call@shop.example'] },
      },
      webhook: { type: 'webhook', url: webhook, secretFile: files.webhookSecret, perMinute: 20 },
    },
    routes: [{ to: [...CHANNELS] }],
  });
}
