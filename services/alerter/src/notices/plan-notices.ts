import type { MismatchView } from '@payguard/shared/alerting/alert-message';
import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { routeMismatch, severityOf } from '@payguard/shared/alerting/route-news';
import type { MismatchChange } from '../mismatches/join-events.ts';
import { nextDigestAt } from './next-digest.ts';
import type { NewNotice } from './notice.ts';

export type NoticeSettings = Pick<AlertsFile, 'routes' | 'severities' | 'groupSeconds' | 'digest'>;

const MS = 1_000;

/** True for a change of which `planNotices` has to know who was told of the mismatch before. */
export function endsMismatch({ before, after }: Pick<MismatchChange, 'before' | 'after'>): boolean {
  return before?.state === 'open' && after.state !== 'open';
}

/**
 * What is to be told of a change, and on which channels. `told`: the channels that heard of it when it was open; those
 * hear that it has ended, too. `now`: ms UTC.
 */
export function planNotices(
  change: Pick<MismatchChange, 'before' | 'after' | 'traceparent'>,
  told: readonly string[],
  settings: NoticeSettings,
  now: number,
): NewNotice[] {
  const { before, after, traceparent } = change;
  const notice = { subject: { kind: 'mismatch', id: after.id }, traceparent } as const;
  if (before === undefined && after.state === 'open') {
    const severity = severityOf(after, settings);
    const dueAt = now + settings.groupSeconds[severity] * MS;
    return routeMismatch(after, settings).map((channel) => ({
      ...notice,
      channel,
      dedupeKey: dedupeKey(after, 'opened'),
      news: 'opened',
      severity,
      dueAt,
    }));
  }
  const ends = before === undefined || endsMismatch(change);
  if (!ends) return [];
  if (told.length > 0) {
    const dueAt = now + settings.groupSeconds.info * MS;
    return told.map((channel) => ({
      ...notice,
      channel,
      dedupeKey: dedupeKey(after, 'ended'),
      news: 'ended',
      severity: 'info',
      dueAt,
    }));
  }
  const { digest } = settings;
  if (after.state !== 'auto_repaired' || digest === undefined) return [];
  const dueAt = nextDigestAt(now, digest);
  return [...new Set(digest.to)].map((channel) => ({
    ...notice,
    channel,
    dedupeKey: dedupeKey(after, 'digest'),
    news: 'digest',
    severity: 'info',
    dueAt,
  }));
}

function dedupeKey({ id }: Pick<MismatchView, 'id'>, news: string): string {
  return `mismatch:${id}:${news}`;
}
