import type { Severity } from '@payguard/shared/alerting/alert-message';
import { SEVERITIES } from '@payguard/shared/alerting/alert-message';
import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { routeAlert } from '@payguard/shared/alerting/route-news';
import type { LastNotice } from '../notices/last-notices.ts';
import type { NewNotice } from '../notices/notice.ts';
import { subjectText } from '../notices/notice.ts';
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

/**
 * What Prometheus could not say again in time is over for Alertmanager, and then fires again with the same `startsAt`: an
 * episode of its own, named for the last end before it, which is the same for every channel.
 */
function firingNotices(
  seen: SeenAlert,
  last: readonly LastNotice[],
  settings: AlertSettings,
  now: number,
): Omit<NewNotice, 'traceparent'>[] {
  const { fingerprint, alert } = seen;
  const severity = readSeverity(alert.labels.severity);
  const period = Math.max(0, Math.floor((now - alert.startsAt) / REPEAT_EVERY_MS));
  const lastEnd = Math.max(0, ...last.filter(({ news }) => news === 'ended').map(({ id }) => id));
  return routeAlert(alert.name, severity, settings).map((channel) => {
    const before = last.find((notice) => notice.channel === channel);
    const known = before === undefined ? undefined : episodeOf(before, seen);
    const isAgain = known !== undefined && before?.news === 'ended';
    return {
      channel,
      dedupeKey: `${episodeKey(seen, isAgain ? `.${lastEnd}` : known)}:firing:${period}`,
      subject: { kind: 'alert', fingerprint, alert },
      news: known === undefined || isAgain ? 'opened' : 'repeated',
      severity,
      dueAt: now + settings.groupSeconds[severity] * MS,
    };
  });
}

/** Only where the firing was told, and nothing after it. */
function resolvedNotices(
  seen: SeenAlert,
  last: readonly LastNotice[],
  settings: AlertSettings,
  now: number,
): Omit<NewNotice, 'traceparent'>[] {
  const { fingerprint, alert } = seen;
  const told = last.filter(({ channel, news }) => news !== 'ended' && Object.hasOwn(settings.channels, channel));
  return told.map((before) => ({
    channel: before.channel,
    dedupeKey: `${episodeKey(seen, episodeOf(before, seen))}:resolved`,
    subject: { kind: 'alert', fingerprint, alert },
    news: 'ended',
    severity: 'info',
    dueAt: now + settings.groupSeconds.info * MS,
  }));
}

function episodeKey({ fingerprint, alert }: SeenAlert, episode = ''): string {
  return `alert:${fingerprint}:${alert.startsAt}${episode}`;
}

/** '' for the first one of its `startsAt`; undefined when the notice is of another `startsAt`. */
function episodeOf({ dedupeKey }: LastNotice, seen: SeenAlert): string | undefined {
  const key = episodeKey(seen);
  if (!dedupeKey.startsWith(key)) return undefined;
  return /^(|\.\d+):/.exec(dedupeKey.slice(key.length))?.[1];
}

/** An alert without a severity, or with one of its own, is for working hours: a page is asked for in words. */
function readSeverity(label: string | undefined): Severity {
  return SEVERITIES.find((severity) => severity === label) ?? 'warning';
}
