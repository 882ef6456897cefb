import type { Severity } from '@payguard/shared/alerting/alert-message';
import { SEVERITIES } from '@payguard/shared/alerting/alert-message';
import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { LastNotice } from '../notices/last-notices.ts';
import type { NewNotice } from '../notices/notice.ts';
import { subjectText } from '../notices/notice.ts';
import { routeAlert } from '../notices/route-news.ts';
import type { SeenAlert } from './webhook.ts';

/** Alertmanager says a firing alert again by its repeat_interval, and with every change of its group: news only this often. */
const REPEAT_EVERY_MS = 4 * 60 * 60_000;
const MS = 1_000;

export type AlertSettings = Pick<AlertsFile, 'routes' | 'severities' | 'groupSeconds' | 'channels'>;

type Told = {
  /** What the channels were told last of each subject. */
  last: readonly LastNotice[];
  traceparent: string | undefined;
};

/** One notice for each alert and channel; those that a channel has already are told apart by their keys when written. */
export function planAlertNotices(
  alerts: readonly SeenAlert[],
  told: Told,
  settings: AlertSettings,
  now: number,
): NewNotice[] {
  const lastOf = Map.groupBy(told.last, ({ subject }) => subject);
  return alerts.flatMap((seen) => {
    const last = lastOf.get(alertSubject(seen)) ?? [];
    const plan = seen.status === 'firing' ? firingNotices : resolvedNotices;
    return plan(seen, last, settings, now).map((notice) => ({ ...notice, traceparent: told.traceparent }));
  });
}

/** As it stands in the column `subject`. */
export function alertSubject({ fingerprint, alert }: SeenAlert): string {
  return subjectText({ kind: 'alert', fingerprint, alert });
}

function firingNotices(
  { fingerprint, alert }: SeenAlert,
  last: readonly LastNotice[],
  settings: AlertSettings,
  now: number,
): Omit<NewNotice, 'traceparent'>[] {
  const severity = readSeverity(alert.labels.severity);
  const period = Math.max(0, Math.floor((now - alert.startsAt) / REPEAT_EVERY_MS));
  const firing = `alert:${fingerprint}:${alert.startsAt}:firing`;
  return routeAlert(alert.name, severity, settings).map((channel) => {
    const isTold = last.some((notice) => notice.channel === channel && notice.dedupeKey.startsWith(firing));
    return {
      channel,
      dedupeKey: `${firing}:${period}`,
      subject: { kind: 'alert', fingerprint, alert },
      news: isTold ? 'repeated' : 'opened',
      severity,
      dueAt: now + settings.groupSeconds[severity] * MS,
    };
  });
}

/** Only where the firing was told, and nothing after it. */
function resolvedNotices(
  { fingerprint, alert }: SeenAlert,
  last: readonly LastNotice[],
  settings: AlertSettings,
  now: number,
): Omit<NewNotice, 'traceparent'>[] {
  const told = last.filter(({ channel, news }) => news !== 'ended' && Object.hasOwn(settings.channels, channel));
  return told.map(({ channel }) => ({
    channel,
    dedupeKey: `alert:${fingerprint}:${alert.startsAt}:resolved`,
    subject: { kind: 'alert', fingerprint, alert },
    news: 'ended',
    severity: 'info',
    dueAt: now + settings.groupSeconds.info * MS,
  }));
}

/** An alert without a severity, or with one of its own, is for working hours: a page is asked for in words. */
function readSeverity(label: string | undefined): Severity {
  return SEVERITIES.find((severity) => severity === label) ?? 'warning';
}
