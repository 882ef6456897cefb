import type { AlertView, News, Severity } from '@payguard/shared/alerting/alert-message';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';

/**
 * Something to be told through one channel. Notices are the alerter's outbox: they are written in the transaction that
 * learns of the news, and what sends them reads nothing else, so that a crash loses none.
 *
 * State: `pending` until a message takes it along, `sending` while that message is on its way, then `sent`. A failed
 * message leaves its notices `pending`; `handed_over` went to the fallback channel; `given_up` was delivered nowhere.
 */
export type NewNotice = {
  channel: string;
  /** The same news of the same subject, so that it is told once on a channel whatever is delivered or started again. */
  dedupeKey: string;
  subject: NoticeSubject;
  news: News;
  severity: Severity;
  /** ms UTC: not sent before. */
  dueAt: number;
  traceparent: string | undefined;
};

export type NoticeSubject =
  /** Its facts are read from `mismatches` when it is sent: people read how it is, not how it was. */
  | { kind: 'mismatch'; id: string }
  | { kind: 'alert'; fingerprint: string; alert: AlertView }
  | { kind: 'alerter'; topic: string; text: Readonly<Record<'zh' | 'en', string>> };

/** As it stands in the column `subject`: at most 160 characters. */
export function subjectText(subject: NoticeSubject): string {
  switch (subject.kind) {
    case 'mismatch':
      return `mismatch:${subject.id}`;
    case 'alert':
      return `alert:${subject.fingerprint.slice(0, 64)}`;
    case 'alerter':
      return `alerter:${subject.topic.slice(0, 150)}`;
  }
}

/** Rows of one statement: the database takes 16 MiB (max_allowed_packet), and an alert may be long. */
const STATEMENT_ROWS = 200;

/** Writes notices; those that the channel already has are left as they are. */
export async function insertNotices(
  connection: DatabaseConnection,
  notices: readonly NewNotice[],
  now: number,
): Promise<void> {
  for (let from = 0; from < notices.length; from += STATEMENT_ROWS) {
    await insertSome(connection, notices.slice(from, from + STATEMENT_ROWS), now);
  }
}

async function insertSome(connection: DatabaseConnection, notices: readonly NewNotice[], now: number): Promise<void> {
  const rows = notices.map((notice) => [
    notice.channel,
    notice.dedupeKey,
    subjectText(notice.subject),
    notice.news,
    notice.severity,
    payloadOf(notice.subject),
    notice.traceparent ?? null,
    'pending',
    utcText(notice.dueAt),
    utcText(now),
  ]);
  await insertRows(
    connection,
    `INSERT INTO alert_notices
       (channel, dedupe_key, subject, news, severity, payload, traceparent, state, due_at, created_at) VALUES`,
    rows,
    'ON DUPLICATE KEY UPDATE id = alert_notices.id',
  );
}

function payloadOf(subject: NoticeSubject): string | null {
  switch (subject.kind) {
    case 'mismatch':
      return null;
    case 'alert':
      return JSON.stringify(subject.alert);
    case 'alerter':
      return JSON.stringify(subject.text);
  }
}
