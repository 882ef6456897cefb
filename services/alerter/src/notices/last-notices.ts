import type { News } from '@payguard/shared/alerting/alert-message';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';

/** The last thing that a channel was, or is about to be, told of a subject. */
export type LastNotice = {
  /** Later ones are greater. */
  id: number;
  channel: string;
  subject: string;
  news: News;
  /** As it was on the channel that it was meant for first. */
  dedupeKey: string;
};

/** Stands before the key of a notice that another channel has handed over (sending/hand-over.ts). */
const HANDED_OVER = /^via:[^:]+:/;

type NoticeRow = { id: number; channel: string; subject: string; news: News; dedupe_key: string };

/** The last notice of each subject on each channel. */
export async function readLastNotices(
  connection: Pick<DatabaseConnection, 'query'>,
  subjects: readonly string[],
): Promise<LastNotice[]> {
  if (subjects.length === 0) return [];
  const rows: NoticeRow[] = await connection.query(
    `SELECT n.id, n.channel, n.subject, n.news, n.dedupe_key
     FROM alert_notices n
     JOIN (SELECT MAX(id) AS id FROM alert_notices WHERE subject IN (?) GROUP BY subject, channel) last ON last.id = n.id`,
    [subjects],
  );
  return rows.map(({ dedupe_key, ...row }) => ({ ...row, dedupeKey: dedupe_key.replace(HANDED_OVER, '') }));
}

/** The channels that heard of these subjects as something to act on, by subject. */
export async function readToldChannels(
  connection: Pick<DatabaseConnection, 'query'>,
  subjects: readonly string[],
): Promise<Map<string, string[]>> {
  if (subjects.length === 0) return new Map();
  const rows: { channel: string; subject: string }[] = await connection.query(
    `SELECT DISTINCT subject, channel FROM alert_notices
     WHERE subject IN (?) AND news IN ('opened', 'escalated') ORDER BY subject, channel`,
    [subjects],
  );
  const bySubject = Map.groupBy(rows, (row) => row.subject);
  return new Map([...bySubject].map(([subject, told]) => [subject, told.map((row) => row.channel)]));
}
