import type { News, Severity } from '@payguard/shared/alerting/alert-message';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';

/** A notice that waits, as its row has it; times in ms UTC. */
export type WaitingNotice = {
  id: number;
  dedupeKey: string;
  /** See subjectText in notices/notice.ts. */
  subject: string;
  news: News;
  severity: Severity;
  payload: string | null;
  traceparent: string | null;
  dueAt: number;
};

/** More than fits into any message; each is told by its number at least, and the next message takes the rest. */
export const MOST_NOTICES_IN_A_MESSAGE = 500;

type NoticeRow = {
  id: number;
  dedupe_key: string;
  subject: string;
  news: News;
  severity: Severity;
  payload: string | null;
  traceparent: string | null;
  due_at: string;
};

/** True when something is due on the channel. */
export async function isAnythingDue(pool: DatabasePool, channel: string, now: number): Promise<boolean> {
  const rows: unknown[] = await pool.query(
    "SELECT id FROM alert_notices WHERE channel = ? AND state = 'pending' AND due_at <= ? LIMIT 1",
    [channel, utcText(now)],
  );
  return rows.length > 0;
}

/**
 * What the next message of a channel takes along, most important first: what is due, and what only waits to share a
 * message. A digest waits for its time of day.
 */
export async function readWaitingNotices(pool: DatabasePool, channel: string, now: number): Promise<WaitingNotice[]> {
  const rows: NoticeRow[] = await pool.query(
    {
      sql: `SELECT id, dedupe_key, subject, news, severity, payload, traceparent, due_at FROM alert_notices
            WHERE channel = ? AND state = 'pending' AND (due_at <= ? OR news <> 'digest')
            ORDER BY CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, due_at, id LIMIT ${MOST_NOTICES_IN_A_MESSAGE}`,
      dateStrings: true,
    },
    [channel, utcText(now)],
  );
  return rows.map(({ dedupe_key, due_at, ...row }) => ({
    ...row,
    dedupeKey: dedupe_key,
    dueAt: fromUtcText(due_at) ?? now,
  }));
}
