import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { insertDeliveries } from '../delivery-rows.ts';
import { POSTS_AT_ONCE } from './open-shop-webhook.ts';
import { SHOP_CHANNEL } from './shop-world.ts';

/** Twice the time that an attempt may take: it ends while the row is ours. */
const LEASE_MS = 20_000;

/** A credit that is ours to tell. Times in ms UTC. */
export type ClaimedNotification = {
  /** The shop tells repetitions by it. */
  id: string;
  body: string;
  traceparent: string | null;
  /** With this one. */
  attempts: number;
  createdAt: number;
  deliveryId: number;
};

type Row = {
  id: string;
  body: string;
  traceparent: string | null;
  attempts: number;
  created_at: string;
  lease_by: string | null;
};

/** Takes what is due, and writes a delivery for each before it is made. */
export async function claimShopNotifications(
  pool: DatabasePool,
  token: string,
  now: number,
): Promise<ClaimedNotification[]> {
  // Without a lock: a locking read of a range would hold up whoever adds to it.
  const due: { id: string }[] = await pool.query(
    `SELECT id FROM shop_notifications WHERE next_attempt_at <= ? ORDER BY next_attempt_at, id LIMIT ${POSTS_AT_ONCE}`,
    [utcText(now)],
  );
  if (due.length === 0) return [];
  return inTransaction(pool, async (connection) => {
    const rows: Row[] = await connection.query(
      {
        sql: `SELECT id, body, traceparent, attempts, created_at, lease_by FROM shop_notifications
              WHERE id IN (?) AND next_attempt_at <= ? ORDER BY id FOR UPDATE SKIP LOCKED`,
        dateStrings: true,
      },
      [due.map(({ id }) => id), utcText(now)],
    );
    if (rows.length === 0) return [];
    await lease(connection, rows, token, now);
    const first = await insertDeliveries(
      connection,
      rows.map(({ id }) => ({ channel: SHOP_CHANNEL, title: id, notices: 1, startedAt: now })),
    );
    return rows.map(({ created_at, lease_by, attempts, ...row }, index) => ({
      ...row,
      attempts: attempts + 1,
      createdAt: fromUtcText(created_at) ?? now,
      deliveryId: first + index,
    }));
  });
}

async function lease(connection: DatabaseConnection, rows: readonly Row[], token: string, now: number): Promise<void> {
  const until = utcText(now + LEASE_MS);
  await connection.query(
    `UPDATE shop_notifications SET lease_by = ?, lease_until = ?, next_attempt_at = ?, attempts = attempts + 1
     WHERE id IN (?)`,
    [token, until, until, rows.map((row) => row.id)],
  );
  // A lease that is still there has been left by somebody who died before he could record what came of it.
  const orphans = rows.filter((row) => row.lease_by !== null).map((row) => row.id);
  if (orphans.length === 0) return;
  await connection.query(
    `UPDATE alert_deliveries SET outcome = 'lost', ended_at = ?
     WHERE channel = ? AND started_at >= ? AND outcome = 'sending' AND title IN (?)`,
    [utcText(now), SHOP_CHANNEL, utcText(now - 24 * 3_600_000), orphans],
  );
}
