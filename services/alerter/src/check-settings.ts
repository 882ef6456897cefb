import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { ConfigError } from '@payguard/shared/config/config-error';
import { isTimeZone } from '@payguard/shared/database/shop-time';
import { type MismatchKind, mismatchKindSchema } from '@payguard/shared/events/payment-mismatch';
import { routeMismatch } from './notices/route-news.ts';

/** What can be wrong with alerts.yaml besides its form. Throws ConfigError naming the field. */
export function checkSettings({ digest }: AlertsFile, path: string): void {
  if (digest === undefined || isTimeZone(digest.timeZone)) return;
  throw new ConfigError(
    `${path}: digest.timeZone: ${digest.timeZone} is no time zone; write one such as Asia/Shanghai.`,
  );
}

/** Kinds of mismatch that no route takes: nobody is told of them. */
export function unroutedKinds(alerts: AlertsFile): MismatchKind[] {
  return mismatchKindSchema.options.filter((kind) => routeMismatch({ kind }, alerts).length === 0);
}
