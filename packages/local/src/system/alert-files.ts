import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

export type AlertFiles = {
  /** What the alerter reads: who is told of what, and where. */
  alertsFile: string;
  /** The token that Alertmanager sends. */
  alertmanagerTokenFile: string;
};

/** What the receivers write into their folder when they listen. */
const receiversSchema = z.object({
  dingtalk: z.url(),
  wecom: z.url(),
  webhook: z.url(),
  shop: z.url(),
  smtp: z.object({ port: z.int(), username: z.string() }),
  files: z.object({
    smtpPassword: z.string(),
    smtpCertificate: z.string(),
    dingtalkToken: z.string(),
    dingtalkSecret: z.string(),
    wecomKey: z.string(),
    webhookSecret: z.string(),
    shopSecret: z.string(),
  }),
});
type ReceiverAddresses = z.output<typeof receiversSchema>;

/** The receivers' folder: their secrets, made at their first start, and `receivers.json`. */
export function receiversFolder(stateDir: string): string {
  return join(stateDir, 'receivers');
}

/**
 * Writes the alerter's settings under `<stateDir>/alerter`, mode 0600: every kind of channel, each pointed at the
 * receivers of this machine, which must listen already. The token is made once and stays the same.
 * `isWatched`: whether a Prometheus runs whose silence would be news.
 */
export function writeAlertFiles(stateDir: string, { isWatched }: { isWatched: boolean }): AlertFiles {
  const receivers = receiversSchema.parse(
    JSON.parse(readFileSync(join(receiversFolder(stateDir), 'receivers.json'), 'utf8')),
  );
  const folder = join(stateDir, 'alerter');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const alertsFile = join(folder, 'alerts.yaml');
  writeFileSync(alertsFile, alertsYaml(receivers) + (isWatched ? WATCHDOG : ''), { mode: 0o600 });
  const alertmanagerTokenFile = join(folder, 'alertmanager-token');
  if (!existsSync(alertmanagerTokenFile)) {
    writeFileSync(alertmanagerTokenFile, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 });
  }
  return { alertsFile, alertmanagerTokenFile };
}

/** A JSON string is a YAML string, whatever stands in the path. */
function alertsYaml({ dingtalk, wecom, webhook, shop, smtp, files }: ReceiverAddresses): string {
  return `# Written at each start for the receivers of this machine; a real one is written by hand (docs/alerting.md).
language: zh

channels:
  dingtalk:
    type: dingtalk
    url: ${dingtalk}
    accessTokenFile: ${JSON.stringify(files.dingtalkToken)}
    secretFile: ${JSON.stringify(files.dingtalkSecret)}
  wecom:
    type: wecom
    url: ${wecom}
    keyFile: ${JSON.stringify(files.wecomKey)}
  mail:
    type: mail
    host: localhost
    port: ${smtp.port}
    caFile: ${JSON.stringify(files.smtpCertificate)}
    username: ${JSON.stringify(smtp.username)}
    passwordFile: ${JSON.stringify(files.smtpPassword)}
    from: payguard <alerts@payguard.example>
    to: [on-call@shop.example, finance@shop.example]
  webhook:
    type: webhook
    url: ${webhook}
    secretFile: ${JSON.stringify(files.webhookSecret)}

routes:
  - severities: [critical]
    to: [dingtalk, wecom, mail, webhook]
  - severities: [warning]
    to: [wecom, mail]
  - to: [mail]

# Shorter than in production: whoever tries it out waits for it.
groupSeconds: { critical: 1, warning: 5, info: 5 }

fallback: mail
fallbackAfterSeconds: 60

escalation:
  - severity: critical
    afterMinutes: 30
    to: [dingtalk, mail]
  - severity: warning
    afterMinutes: 1440
    to: [mail]

digest:
  at: ["09:00"]
  to: [mail]

shop:
  url: ${shop}
  secretFile: ${JSON.stringify(files.shopSecret)}
`;
}

const WATCHDOG = `
watchdog:
  silentAfterMinutes: 15
  to: [dingtalk, mail]
`;
