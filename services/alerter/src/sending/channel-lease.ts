import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';

/**
 * Longer than a send may take (17 s) with a slow transaction before it, so that it ends while the lease is held; as long
 * does a killed process block.
 */
export const LEASE_MS = 30_000;
/** Renewed often enough that a few failing tries do not lose it. */
export const RENEW_BELOW_MS = 20_000;
/** No lease is so long, however clocks differ: it was taken before the clock was set back. */
const IMPOSSIBLE_LEASE_MS = 10 * 60_000;

/** Who may send on a channel, until when (ms UTC). A token is never used by two processes. */
export type ChannelLease = { channel: string; token: string; until: number };

/** Makes the channel's row. Safe to run twice and by many at once. */
export async function ensureChannel(pool: DatabasePool, channel: string): Promise<void> {
  await pool.query(
    'INSERT INTO alert_channels (channel, failures) VALUES (?, 0) ON DUPLICATE KEY UPDATE channel = alert_channels.channel',
    [channel],
  );
}

/**
 * Takes the channel if nobody else holds it; null otherwise. Whatever was being sent by then has lost its sender, an
 * earlier turn of this very process included: its delivery is `lost`, its notices wait again and will be sent once more.
 */
export async function acquireChannel(
  pool: DatabasePool,
  { channel, token }: { channel: string; token: string },
  now: number,
): Promise<ChannelLease | null> {
  const until = now + LEASE_MS;
  return inTransaction(pool, async (connection) => {
    const taken: { affectedRows: number } = await connection.query(
      `UPDATE alert_channels SET lease_by = ?, lease_until = ?
       WHERE channel = ? AND (lease_by IS NULL OR lease_by = ? OR lease_until <= ? OR lease_until > ?)`,
      [token, utcText(until), channel, token, utcText(now), utcText(now + IMPOSSIBLE_LEASE_MS)],
    );
    if (taken.affectedRows === 0) return null;
    await takeBackOrphans(connection, channel, now);
    return { channel, token, until };
  });
}

async function takeBackOrphans(connection: DatabaseConnection, channel: string, now: number): Promise<void> {
  const orphans: { delivery_id: number }[] = await connection.query(
    "SELECT DISTINCT delivery_id FROM alert_notices WHERE channel = ? AND state = 'sending' AND delivery_id IS NOT NULL",
    [channel],
  );
  if (orphans.length === 0) return;
  const deliveries = orphans.map((orphan) => orphan.delivery_id);
  await connection.query(
    "UPDATE alert_deliveries SET outcome = 'lost', ended_at = ? WHERE id IN (?) AND outcome = 'sending'",
    [utcText(now), deliveries],
  );
  await connection.query(
    "UPDATE alert_notices SET state = 'pending', delivery_id = NULL WHERE delivery_id IN (?) AND state = 'sending'",
    [deliveries],
  );
}

/**
 * One transaction that counts only while the lease is ours, and renews it: null, and nothing written, when somebody else
 * has taken the channel.
 */
export async function whileHeld<T>(
  pool: DatabasePool,
  lease: ChannelLease,
  now: number,
  work: (connection: DatabaseConnection) => Promise<T>,
): Promise<T | null> {
  const until = now + LEASE_MS;
  const result = await inTransaction(pool, async (connection) => {
    const held: { affectedRows: number } = await connection.query(
      'UPDATE alert_channels SET lease_until = ? WHERE channel = ? AND lease_by = ?',
      [utcText(until), lease.channel, lease.token],
    );
    return held.affectedRows === 0 ? null : work(connection);
  });
  if (result !== null) lease.until = until;
  return result;
}

/** Lets the next process begin at once. */
export async function releaseChannel(pool: DatabasePool, { channel, token }: ChannelLease): Promise<void> {
  await pool.query('UPDATE alert_channels SET lease_by = NULL, lease_until = NULL WHERE channel = ? AND lease_by = ?', [
    channel,
    token,
  ]);
}
