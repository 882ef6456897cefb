import { createHash } from 'node:crypto';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { type ChannelLease, whileHeld } from './channel-lease.ts';
import type { ChannelWorld } from './channel-world.ts';
import type { WaitingNotice } from './waiting-notices.ts';

/** The column's length. */
const MAX_DEDUPE_KEY = 200;
/** Stands before the dedupe key of a notice that another channel has handed over. */
const HANDED_OVER = /^via:([a-z0-9-]+):/;

/**
 * Gives notices, the oldest first, to other channels, in one transaction. False when the channel is no longer ours.
 */
export async function handOver(
  { pool, clock, metrics, log }: Pick<ChannelWorld, 'pool' | 'clock' | 'metrics' | 'log'>,
  lease: ChannelLease,
  to: readonly string[],
  notices: readonly WaitingNotice[],
): Promise<boolean> {
  const now = clock.now();
  const isDone = await whileHeld(pool, lease, now, async (connection) => {
    await endNotices(connection, 'handed_over', notices, now);
    for (const channel of to) {
      const untold = await notToldOn(connection, channel, notices);
      await insertHandedOver(connection, { from: lease.channel, to: channel, notices: untold, now });
    }
    return true;
  });
  if (isDone === null) return false;
  metrics.noticesEnded(lease.channel, 'handed_over', notices.length);
  log.warn({ channel: lease.channel, to, notices: notices.length }, 'alerts handed over to another channel');
  return true;
}

/** The channel that a notice was meant for; null: the one that it stands on. */
export function originOf(dedupeKey: string): string | null {
  return HANDED_OVER.exec(dedupeKey)?.[1] ?? null;
}

/** Notices that end without a message. */
export async function endNotices(
  connection: DatabaseConnection,
  state: 'handed_over' | 'given_up',
  notices: readonly { id: number }[],
  now: number,
): Promise<void> {
  await connection.query("UPDATE alert_notices SET state = ?, ended_at = ? WHERE id IN (?) AND state = 'pending'", [
    state,
    utcText(now),
    notices.map((notice) => notice.id),
  ]);
}

/** Without those that the channel has already, on its own account or from another one. */
async function notToldOn(
  connection: DatabaseConnection,
  channel: string,
  notices: readonly WaitingNotice[],
): Promise<WaitingNotice[]> {
  // Two channels that hand over the same news at once must see each other's.
  await connection.query('SELECT channel FROM alert_channels WHERE channel = ? FOR UPDATE', [channel]);
  // By subject alone: an index by channel would read all that it was ever told.
  const rows: { channel: string; dedupe_key: string }[] = await connection.query(
    'SELECT channel, dedupe_key FROM alert_notices WHERE subject IN (?)',
    [[...new Set(notices.map((notice) => notice.subject))]],
  );
  const told = new Set(rows.flatMap((row) => (row.channel === channel ? newsKey(row.dedupe_key) : [])));
  return notices.filter(({ dedupeKey }) => {
    const key = newsKey(dedupeKey);
    return !told.has(key) && !told.has(hashOf(key));
  });
}

async function insertHandedOver(
  connection: DatabaseConnection,
  { from, to, notices, now }: { from: string; to: string; notices: readonly WaitingNotice[]; now: number },
): Promise<void> {
  if (notices.length === 0) return;
  await insertRows(
    connection,
    `INSERT INTO alert_notices
       (channel, dedupe_key, subject, news, severity, payload, traceparent, state, due_at, created_at) VALUES`,
    notices.map((notice) => [
      ...[to, handedOverKey(from, notice.dedupeKey), notice.subject, notice.news, notice.severity],
      // A digest keeps its time of day.
      ...[notice.payload, notice.traceparent, 'pending', utcText(Math.max(now, notice.dueAt)), utcText(now)],
    ]),
    'ON DUPLICATE KEY UPDATE id = alert_notices.id',
  );
}

/** Says where the notice comes from: originOf reads it. */
function handedOverKey(from: string, dedupeKey: string): string {
  const key = `via:${from}:${newsKey(dedupeKey)}`;
  return key.length <= MAX_DEDUPE_KEY ? key : `via:${from}:${hashOf(newsKey(dedupeKey))}`;
}

/** The same for the same news, whatever channels it went through. */
function newsKey(dedupeKey: string): string {
  return dedupeKey.replace(HANDED_OVER, '');
}

function hashOf(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
