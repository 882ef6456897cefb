import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { inTransaction } from '@payguard/shared/database/transaction';
import { currentTraceparent } from '@payguard/shared/telemetry/tracing';
import { readLastNotices } from '../notices/last-notices.ts';
import { insertNotices } from '../notices/notice.ts';
import { WATCHDOG_ALERT } from '../watchdog/watchdog-notices.ts';
import { writeWatchdogSeen } from '../watchdog/watchdog-seen.ts';
import { planRefusedNotices, planUnreadableNotices } from './lost-alerts.ts';
import { alertSubject, planAlertNotices } from './plan-alert-notices.ts';
import type { SeenAlert, UnreadableAlert } from './webhook.ts';

export type AlertReceiver = { pool: DatabasePool; alerts: AlertsFile; clock: Clock };

/**
 * Writes what is to be told of these alerts, and that there are some that cannot be read, committed when it returns;
 * received again, they change nothing. The Watchdog is no news: it always fires, and only its time is kept. Throws what the
 * database throws.
 */
export async function receiveAlerts(
  { pool, alerts, clock }: AlertReceiver,
  seen: readonly SeenAlert[],
  unreadable: readonly UnreadableAlert[] = [],
): Promise<void> {
  const now = clock.now();
  const isWatchdog = ({ alert }: SeenAlert): boolean => alert.name === WATCHDOG_ALERT;
  if (seen.some((each) => isWatchdog(each) && each.status === 'firing')) await writeWatchdogSeen(pool, now);
  const others = seen.filter((each) => !isWatchdog(each));
  if (others.length === 0 && unreadable.length === 0) return;
  await inTransaction(pool, async (connection) => {
    const last = await readLastNotices(connection, [...new Set(others.map(alertSubject))]);
    const told = { last, traceparent: currentTraceparent() };
    const notices = [...planAlertNotices(others, told, alerts, now), ...planUnreadableNotices(unreadable, alerts, now)];
    await insertNotices(connection, notices, now);
  });
}

/** Writes that a webhook was refused, once an hour: Alertmanager does not send it again. Throws what the database throws. */
export async function tellOfRefused({ pool, alerts, clock }: AlertReceiver, reason: string): Promise<void> {
  const now = clock.now();
  await inTransaction(pool, (connection) => insertNotices(connection, planRefusedNotices(reason, alerts, now), now));
}
