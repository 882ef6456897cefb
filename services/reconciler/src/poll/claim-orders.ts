import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { FRESH_LANE } from '@payguard/shared/rules/next-check';
import { LEASE_MS, type Lease } from './lease.ts';
import type { CheckState, Lane } from './next-order-check.ts';

/** A row of order_checks that is ours until the lease ends. */
export type ClaimedCheck = CheckState & {
  orderId: number;
  lease: Lease;
  lane: Lane;
  /** When it was due, ms UTC. */
  dueAt: number;
};

export type ClaimRequest = {
  mchid: string;
  lane: Lane;
  /** ms UTC; rows due later stay. */
  dueBy: number;
  limit: number;
  token: string;
};

type CheckRow = {
  order_id: number;
  next_check_at: string;
  confirmed_at: string | null;
  reported_at: string | null;
  missing_since: string | null;
};

export type Claim = {
  checks: ClaimedCheck[];
  /** False when fewer than asked for were due. What others took first counts as due. */
  mayBeMore: boolean;
};

/**
 * Takes due orders of one merchant and lane for this poll alone: rows that another poll is taking are skipped, and what is
 * taken is due again when its lease ends, so that a killed poll loses nothing. Of the fresh lane the newest due come first:
 * after an outage the payer of this minute does not wait behind those of the last hours.
 */
export async function claimOrders(pool: DatabasePool, request: ClaimRequest, now: number): Promise<Claim> {
  const due = await findDue(pool, request);
  const checks = due.length === 0 ? [] : await takeDue(pool, due, request, now);
  return { checks, mayBeMore: due.length === request.limit };
}

/** Without a lock: one that reads along the index would also hold the next row behind the range, which may be due too. */
async function findDue(pool: DatabasePool, { mchid, lane, dueBy, limit }: ClaimRequest): Promise<number[]> {
  const direction = lane === FRESH_LANE ? 'DESC' : 'ASC';
  const rows: { order_id: number }[] = await pool.query(
    `SELECT order_id FROM order_checks WHERE mchid = ? AND lane = ? AND next_check_at <= ?
     ORDER BY next_check_at ${direction}, order_id ${direction} LIMIT ?`,
    [mchid, lane, utcText(dueBy), limit],
  );
  return rows.map((row) => row.order_id);
}

/** By primary key; of these, whatever is still due and in nobody's hands. */
async function takeDue(
  pool: DatabasePool,
  ids: readonly number[],
  { dueBy, lane, token }: ClaimRequest,
  now: number,
): Promise<ClaimedCheck[]> {
  const lease: Lease = { token, until: now + LEASE_MS };
  const rows = await inTransaction(pool, async (connection) => {
    const free: CheckRow[] = await connection.query(
      {
        sql: `SELECT order_id, next_check_at, confirmed_at, reported_at, missing_since FROM order_checks
              WHERE order_id IN (?) AND next_check_at <= ? FOR UPDATE SKIP LOCKED`,
        dateStrings: true,
      },
      [ids, utcText(dueBy)],
    );
    if (free.length === 0) return [];
    await connection.query(
      'UPDATE order_checks SET lease_by = ?, lease_until = ?, next_check_at = ? WHERE order_id IN (?)',
      [token, utcText(lease.until), utcText(lease.until), free.map((row) => row.order_id)],
    );
    return free;
  });
  const rank = new Map(ids.map((id, n) => [id, n]));
  const inOrder = rows.toSorted((a, b) => (rank.get(a.order_id) ?? 0) - (rank.get(b.order_id) ?? 0));
  return inOrder.map((row) => toClaimed(row, lane, lease));
}

function toClaimed(row: CheckRow, lane: Lane, lease: Lease): ClaimedCheck {
  return {
    orderId: row.order_id,
    lease: { ...lease },
    lane,
    dueAt: fromUtcText(row.next_check_at) ?? 0,
    confirmedAt: fromUtcText(row.confirmed_at),
    reportedAt: fromUtcText(row.reported_at),
    missingSince: fromUtcText(row.missing_since),
  };
}

/** Holds on to a row; false when somebody else has it now, or it is gone. */
export async function renewLease(
  pool: DatabasePool,
  { orderId, lease }: Pick<ClaimedCheck, 'orderId' | 'lease'>,
  now: number,
): Promise<boolean> {
  const until = now + LEASE_MS;
  const result: { affectedRows: number } = await pool.query(
    'UPDATE order_checks SET lease_until = ?, next_check_at = ? WHERE order_id = ? AND lease_by = ?',
    [utcText(until), utcText(until), orderId, lease.token],
  );
  if (result.affectedRows === 0) return false;
  lease.until = until;
  return true;
}
