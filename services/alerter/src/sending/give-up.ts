import type { News } from '@payguard/shared/alerting/alert-message';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { type ChannelLease, whileHeld } from './channel-lease.ts';
import type { ChannelWorld } from './channel-world.ts';
import { mismatchIdOf } from './compose-message.ts';
import { endNotices } from './hand-over.ts';

/** For so long what is over by now is kept for a channel that fails and has no fallback; what is open waits for ever. */
export const GIVEN_UP_AFTER_MS = 24 * 3_600_000;
/** Of the oldest ones, at each attempt on the channel; what is kept for longer is told when the channel is back. */
const MOST_LOOKED_AT = 1_000;

type OldNotice = { id: number; dedupeKey: string; subject: string; news: News };

/**
 * Ends notices that nobody could be told of for a day, but only of what is over: settled mismatches, alerts that no
 * longer fire, ends, digests. False when the channel is no longer ours.
 */
export async function giveUpWhatIsOver(
  { pool, clock, metrics, log }: Pick<ChannelWorld, 'pool' | 'clock' | 'metrics' | 'log'>,
  lease: ChannelLease,
): Promise<boolean> {
  const now = clock.now();
  const notices = await onlyOver(pool, lease.channel, await readOld(pool, lease.channel, now - GIVEN_UP_AFTER_MS));
  if (notices.length === 0) return true;
  const isDone = await whileHeld(pool, lease, now, async (connection) => {
    await endNotices(connection, 'given_up', notices, now);
    return true;
  });
  if (isDone === null) return false;
  metrics.noticesEnded(lease.channel, 'given_up', notices.length);
  for (const { dedupeKey, subject } of notices) {
    log.error({ channel: lease.channel, dedupeKey, subject }, 'alert given up: over, and not delivered for a day');
  }
  return true;
}

async function readOld(pool: DatabasePool, channel: string, dueBy: number): Promise<OldNotice[]> {
  return pool.query(
    `SELECT id, dedupe_key AS dedupeKey, subject, news FROM alert_notices
     WHERE channel = ? AND state = 'pending' AND due_at <= ? ORDER BY due_at, id LIMIT ${MOST_LOOKED_AT}`,
    [channel, utcText(dueBy)],
  );
}

async function onlyOver(pool: DatabasePool, channel: string, notices: readonly OldNotice[]): Promise<OldNotice[]> {
  const [settled, ended] = await Promise.all([
    readSettled(
      pool,
      notices.flatMap((notice) => mismatchIdOf(notice) ?? []),
    ),
    readLastEnds(pool, channel, [...new Set(notices.map(({ subject }) => subject))]),
  ]);
  return notices.filter((notice) => {
    if (notice.news === 'digest' || notice.news === 'ended') return true;
    const mismatchId = mismatchIdOf(notice);
    return mismatchId === null ? (ended.get(notice.subject) ?? 0) > notice.id : settled.has(mismatchId);
  });
}

async function readSettled(pool: DatabasePool, ids: readonly string[]): Promise<ReadonlySet<string>> {
  if (ids.length === 0) return new Set();
  const sql = "SELECT id FROM mismatches WHERE id IN (?) AND state <> 'open'";
  const rows: { id: string }[] = await pool.query(sql, [ids]);
  return new Set(rows.map(({ id }) => id));
}

/** The last notice of the channel that says that a subject has ended, by subject. */
async function readLastEnds(
  pool: DatabasePool,
  channel: string,
  subjects: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  if (subjects.length === 0) return new Map();
  // By subject alone: an index by channel would read a whole backlog.
  const rows: { id: number; channel: string; subject: string }[] = await pool.query(
    "SELECT id, channel, subject FROM alert_notices WHERE subject IN (?) AND news = 'ended' ORDER BY id",
    [subjects],
  );
  return new Map(rows.flatMap((row) => (row.channel === channel ? [[row.subject, row.id] as const] : [])));
}
