import type {
  AlertMessage,
  AlertView,
  MessageItem,
  MismatchView,
  News,
  Severity,
} from '@payguard/shared/alerting/alert-message';
import { SEVERITIES } from '@payguard/shared/alerting/alert-message';
import { z } from 'zod';
import { originOf } from './hand-over.ts';
import type { WaitingNotice } from './waiting-notices.ts';

/** Of two pieces of news about one mismatch the later one is told, whatever order they were written in. */
const NEWS_IN_ORDER: readonly News[] = ['digest', 'opened', 'repeated', 'escalated', 'ended'];

const MISMATCH_PREFIX = 'mismatch:';
const ALERT_PREFIX = 'alert:';

const texts = z.record(z.string(), z.string());
const alertSchema = z.object({
  name: z.string(),
  labels: texts,
  annotations: texts,
  startsAt: z.number(),
  endsAt: z.number().nullable(),
});
const alerterTextSchema = z.object({ zh: z.string(), en: z.string() });

/** The number of the mismatch that a notice is about, or null. */
export function mismatchIdOf(notice: Pick<WaitingNotice, 'subject'>): string | null {
  return notice.subject.startsWith(MISMATCH_PREFIX) ? notice.subject.slice(MISMATCH_PREFIX.length) : null;
}

/**
 * One item for each subject, the gravest first, then in the order of the notices (which is by age). Several notices of
 * one subject are one item, that of the latest news: who reads it learns how it stands. Of `moreDigests` it says only
 * how many they are.
 */
export function composeItems(
  notices: readonly WaitingNotice[],
  mismatches: ReadonlyMap<string, MismatchView>,
  moreDigests = 0,
): MessageItem[] {
  const latest = new Map<string, WaitingNotice>();
  for (const notice of notices) {
    const known = latest.get(notice.subject);
    if (known === undefined || isLater(notice, known)) latest.set(notice.subject, notice);
  }
  const items = [...latest.values()].map((notice) => toItem(notice, mismatches));
  items.sort((a, b) => rank(a.severity) - rank(b.severity));
  return moreDigests === 0 ? items : [...items, countOf(moreDigests)];
}

/** The message of a delivery. `items` has at least one. */
export function composeMessage(
  notices: readonly WaitingNotice[],
  items: readonly MessageItem[],
  { deliveryId, at }: { deliveryId: number; at: number },
): AlertMessage {
  return {
    id: `payguard-${at}-${deliveryId}`,
    severity: items[0]?.severity ?? 'info',
    items,
    at,
    insteadOf: insteadOf(notices),
    isTest: false,
  };
}

/** What a delivery's row says of it: kinds and how many of each. */
export function titleOf(items: readonly MessageItem[]): string {
  const counts = Map.groupBy(items, labelOf);
  return [...counts].map(([label, { length }]) => (length === 1 ? label : `${label} x ${length}`)).join(', ');
}

function labelOf(item: MessageItem): string {
  switch (item.about) {
    case 'mismatch':
      return item.mismatch.kind;
    case 'alert':
      return item.alert.name;
    case 'alerter':
      return 'alerter';
  }
}

function rank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

function isLater(notice: WaitingNotice, other: WaitingNotice): boolean {
  const byId = notice.id - other.id;
  if (mismatchIdOf(notice) !== null) {
    return (NEWS_IN_ORDER.indexOf(notice.news) - NEWS_IN_ORDER.indexOf(other.news) || byId) > 0;
  }
  // What ended may begin again, an alert even under the same start.
  return ((readAlert(notice)?.startsAt ?? 0) - (readAlert(other)?.startsAt ?? 0) || byId) > 0;
}

function toItem(notice: WaitingNotice, mismatches: ReadonlyMap<string, MismatchView>): MessageItem {
  const { news, severity } = notice;
  const mismatch = mismatches.get(mismatchIdOf(notice) ?? '');
  if (mismatch !== undefined) return { news, severity, about: 'mismatch', mismatch };
  const alert = readAlert(notice);
  if (alert !== undefined) return { news, severity, about: 'alert', alert };
  const text = readJson(notice.payload, alerterTextSchema) ?? unreadable(notice);
  return { news, severity, about: 'alerter', text };
}

function countOf(digests: number): MessageItem {
  const text = {
    zh: `另有 ${digests} 条差异已自动修复。`,
    en: `${digests} more mismatches repaired themselves.`,
  };
  return { news: 'digest', severity: 'info', about: 'alerter', text };
}

function readAlert(notice: WaitingNotice): AlertView | undefined {
  return notice.subject.startsWith(ALERT_PREFIX) ? readJson(notice.payload, alertSchema) : undefined;
}

/** Better a poor message than none: what it is about can still be looked up. */
function unreadable({ subject, news }: WaitingNotice): { zh: string; en: string } {
  return {
    zh: `${subject}（${news}）的详情无法读取，请在数据库中查看。`,
    en: `The details of ${subject} (${news}) cannot be read: look it up in the database.`,
  };
}

function readJson<T>(text: string | null, schema: z.ZodType<T>): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text ?? 'null')).data;
  } catch {
    return undefined;
  }
}

/** The channel that all of the notices come from, if they do. */
function insteadOf(notices: readonly WaitingNotice[]): string | null {
  const origins = new Set(notices.map(({ dedupeKey }) => originOf(dedupeKey)));
  const [origin = null] = origins;
  return origins.size === 1 ? origin : null;
}
