import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { ConfigError } from '@payguard/shared/config/config-error';
import { isTimeZone } from '@payguard/shared/database/shop-time';

/** What can be wrong with alerts.yaml besides what loadAlertsFile finds. Throws ConfigError naming the field. */
export function checkSettings({ digest }: AlertsFile, path: string): void {
  if (digest === undefined || isTimeZone(digest.timeZone)) return;
  throw new ConfigError(
    `${path}: digest.timeZone: ${digest.timeZone} is no time zone; write one such as Asia/Shanghai.`,
  );
}
