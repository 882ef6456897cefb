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

/** What one message takes along. */
export type MessageNotices = {
  /** Most important first. */
  notices: readonly WaitingNotice[];
  /** Digests that the message only counts. */
  moreDigestIds: readonly number[];
};

/** More than fits into any message; each is told by its number at least, and the next message takes the rest. */
export const MOST_NOTICES_IN_A_MESSAGE = 500;
/** An outage of days; ids only, in one statement. */
const MOST_DIGESTS_IN_A_MESSAGE = 20_000;
/** More than comes between two looks, which are a second apart. */
const MOST_LOOKED_AT_FOR_PAGES = 2_000;

const MOST_IMPORTANT_FIRST = "CASE severity WHEN 'critical' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, due_at, id";

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
 * True when something is due that pages somebody. Looks at what has become due last: every message takes pages first, so
 * that an older one is hardly ever left, and the next message has it in any case.
 */
export async function isCriticalDue(pool: DatabasePool, channel: string, now: number): Promise<boolean> {
  const rows: unknown[] = await pool.query(
    `SELECT severity FROM
       (SELECT severity FROM alert_notices WHERE channel = ? AND state = 'pending' AND due_at <= ?
        ORDER BY due_at DESC, id DESC LIMIT ${MOST_LOOKED_AT_FOR_PAGES}) newest
     WHERE severity = 'critical' LIMIT 1`,
    [channel, utcText(now)],
  );
  return rows.length > 0;
}

/**
 * What the next message of a channel takes along: what is due, and what only waits to share a message. A digest waits for
 * its time of day, and then all of it is told at once.
 */
export async function readMessage(pool: DatabasePool, channel: string, now: number): Promise<MessageNotices> {
  const notices = await readWaiting(pool, channel, now, MOST_IMPORTANT_FIRST);
  const isFull = notices.length === MOST_NOTICES_IN_A_MESSAGE;
  const hasDigests = notices.some(({ news }) => news === 'digest');
  return { notices, moreDigestIds: isFull && hasDigests ? await readOtherDigests(pool, channel, now, notices) : [] };
}

/** The oldest that wait, without digests that are due after `digestsUntil`: their order is kept when they are handed over. */
export async function readOldest(pool: DatabasePool, channel: string, digestsUntil: number): Promise<WaitingNotice[]> {
  return readWaiting(pool, channel, digestsUntil, 'id');
}

async function readWaiting(
  pool: DatabasePool,
  channel: string,
  digestsUntil: number,
  order: string,
): Promise<WaitingNotice[]> {
  // Ids first: a backlog is sorted without its payloads.
  const chosen: { id: number }[] = await pool.query(
    `SELECT id FROM alert_notices WHERE channel = ? AND state = 'pending' AND (due_at <= ? OR news <> 'digest')
     ORDER BY ${order} LIMIT ${MOST_NOTICES_IN_A_MESSAGE}`,
    [channel, utcText(digestsUntil)],
  );
  if (chosen.length === 0) return [];
  const rows: NoticeRow[] = await pool.query(
    {
      sql: `SELECT id, dedupe_key, subject, news, severity, payload, traceparent, due_at FROM alert_notices
            WHERE id IN (?)`,
      dateStrings: true,
    },
    [chosen.map(({ id }) => id)],
  );
  const byId = new Map(rows.map((row) => [row.id, row]));
  return chosen.flatMap(({ id }) => toNotice(byId.get(id)) ?? []);
}

async function readOtherDigests(
  pool: DatabasePool,
  channel: string,
  now: number,
  listed: readonly WaitingNotice[],
): Promise<number[]> {
  const rows: { id: number }[] = await pool.query(
    `SELECT id FROM alert_notices WHERE channel = ? AND state = 'pending' AND due_at <= ? AND news = 'digest'
     ORDER BY due_at, id LIMIT ${MOST_DIGESTS_IN_A_MESSAGE}`,
    [channel, utcText(now)],
  );
  const listedIds = new Set(listed.map(({ id }) => id));
  return rows.flatMap(({ id }) => (listedIds.has(id) ? [] : id));
}

function toNotice(row: NoticeRow | undefined): WaitingNotice | undefined {
  if (row === undefined) return undefined;
  const { dedupe_key, due_at, ...same } = row;
  return { ...same, dedupeKey: dedupe_key, dueAt: fromUtcText(due_at) ?? 0 };
}
