import { createHash } from 'node:crypto';
import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { type ChannelLease, whileHeld } from './channel-lease.ts';
import type { ChannelWorld } from './channel-world.ts';
import type { WaitingNotice } from './waiting-notices.ts';

/** The column's length. */
const MAX_DEDUPE_KEY = 200;

/** Gives notices to the fallback channel, in one transaction. False when the channel is no longer ours. */
export async function handOver(
  { pool, clock, metrics, log }: ChannelWorld,
  lease: ChannelLease,
  to: string,
  notices: readonly WaitingNotice[],
): Promise<boolean> {
  const now = clock.now();
  const isDone = await whileHeld(pool, lease, now, async (connection) => {
    await endNotices(connection, 'handed_over', notices, now);
    const untold = await notToldOn(connection, to, notices);
    await insertHandedOver(connection, { from: lease.channel, to, notices: untold, now });
    return true;
  });
  if (isDone === null) return false;
  metrics.noticesEnded(lease.channel, 'handed_over', notices.length);
  log.warn({ channel: lease.channel, to, notices: notices.length }, 'alerts handed over to the fallback channel');
  return true;
}

/** Ends notices that nobody could be told of. False when the channel is no longer ours. */
export async function giveUp(
  { pool, clock, metrics, log }: ChannelWorld,
  lease: ChannelLease,
  notices: readonly WaitingNotice[],
): Promise<boolean> {
  const now = clock.now();
  const isDone = await whileHeld(pool, lease, now, async (connection) => {
    await endNotices(connection, 'given_up', notices, now);
    return true;
  });
  if (isDone === null) return false;
  metrics.noticesEnded(lease.channel, 'given_up', notices.length);
  for (const { dedupeKey, subject } of notices) {
    log.error({ channel: lease.channel, dedupeKey, subject }, 'alert given up: it could not be delivered for a day');
  }
  return true;
}

async function endNotices(
  connection: DatabaseConnection,
  state: 'handed_over' | 'given_up',
  notices: readonly WaitingNotice[],
  now: number,
): Promise<void> {
  await connection.query("UPDATE alert_notices SET state = ?, ended_at = ? WHERE id IN (?) AND state = 'pending'", [
    state,
    utcText(now),
    notices.map((notice) => notice.id),
  ]);
}

/** Without those that the fallback channel has on its own account: the same news is told once on a channel. */
async function notToldOn(
  connection: DatabaseConnection,
  channel: string,
  notices: readonly WaitingNotice[],
): Promise<WaitingNotice[]> {
  const rows: { dedupe_key: string }[] = await connection.query(
    'SELECT dedupe_key FROM alert_notices WHERE channel = ? AND dedupe_key IN (?)',
    [channel, notices.map((notice) => notice.dedupeKey)],
  );
  const told = new Set(rows.map((row) => row.dedupe_key));
  return notices.filter((notice) => !told.has(notice.dedupeKey));
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
      ...[notice.payload, notice.traceparent, 'pending', utcText(now), utcText(now)],
    ]),
    'ON DUPLICATE KEY UPDATE id = alert_notices.id',
  );
}

/** Says where the notice comes from: compose-message.ts reads it. */
function handedOverKey(from: string, dedupeKey: string): string {
  const key = `via:${from}:${dedupeKey}`;
  if (key.length <= MAX_DEDUPE_KEY) return key;
  return `via:${from}:${createHash('sha256').update(dedupeKey).digest('hex')}`;
}
