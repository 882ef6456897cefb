import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText, utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { LEASE_MS, type Lease } from './lease.ts';
import type { NextRefundCheck } from './next-refund-check.ts';

/** A refund that is ours until the lease ends, with what of its order belongs into the request. Amounts in fen. */
export type ClaimedRefund = {
  id: number;
  lease: Lease;
  mchid: string;
  outRefundNo: string;
  refundId: string | null;
  amount: number;
  /** `requested`: ours to send. Any other: WeChat Pay has told of it. */
  status: string;
  reason: string | null;
  /** Looks so far, this one included. The first is noted before anything is sent. */
  attempts: number;
  reportedAt: number | null;
  transactionId: string | null;
  outTradeNo: string | null;
  amountTotal: number | null;
  paymentStatus: string;
};

type RefundRow = {
  id: number;
  out_refund_no: string;
  refund_id: string | null;
  amount: number;
  status: string;
  reason: string | null;
  attempts: number;
  reported_at: string | null;
  transaction_id: string | null;
  out_trade_no: string | null;
  amount_total: number | null;
  payment_status: string | null;
};

const OPEN = "status NOT IN ('SUCCESS', 'CLOSED')";

/**
 * Takes due refunds of one merchant. The look is counted in the same transaction: from then on nobody takes the refund for
 * one that was never sent, wherever this process is killed.
 */
export async function claimRefunds(
  pool: DatabasePool,
  request: { mchid: string; dueBy: number; limit: number; token: string },
  now: number,
): Promise<ClaimedRefund[]> {
  const { mchid, dueBy, limit, token } = request;
  const lease: Lease = { token, until: now + LEASE_MS };
  // Without a lock: see claim-orders.ts.
  const due: { id: number }[] = await pool.query(
    `SELECT id FROM refunds WHERE mchid = ? AND next_check_at <= ? AND ${OPEN} ORDER BY next_check_at, id LIMIT ?`,
    [mchid, utcText(dueBy), limit],
  );
  if (due.length === 0) return [];
  const ids = await inTransaction(pool, async (connection) => {
    const rows: { id: number }[] = await connection.query(
      `SELECT id FROM refunds WHERE id IN (?) AND next_check_at <= ? AND ${OPEN} FOR UPDATE SKIP LOCKED`,
      [due.map(({ id }) => id), utcText(dueBy)],
    );
    const free = rows.map((row) => row.id);
    if (free.length === 0) return [];
    await connection.query(
      `UPDATE refunds SET lease_by = ?, lease_until = ?, next_check_at = ?, attempts = attempts + 1 WHERE id IN (?)`,
      [token, utcText(lease.until), utcText(lease.until), free],
    );
    return free;
  });
  return ids.length === 0 ? [] : readClaimed(pool, ids, mchid, lease);
}

async function readClaimed(pool: DatabasePool, ids: number[], mchid: string, lease: Lease): Promise<ClaimedRefund[]> {
  const rows: RefundRow[] = await pool.query(
    {
      sql: `SELECT r.id, r.out_refund_no, r.refund_id, r.amount, r.status, r.reason, r.attempts, r.reported_at,
                   COALESCE(r.transaction_id, o.transaction_id) AS transaction_id, o.out_trade_no, o.amount_total,
                   o.payment_status
            FROM refunds r LEFT JOIN payment_orders o ON o.id = r.order_id WHERE r.id IN (?)`,
      dateStrings: true,
    },
    [ids],
  );
  return rows.map((row) => ({
    id: row.id,
    lease: { ...lease },
    mchid,
    outRefundNo: row.out_refund_no,
    refundId: row.refund_id,
    amount: row.amount,
    status: row.status,
    reason: row.reason,
    attempts: row.attempts,
    reportedAt: fromUtcText(row.reported_at),
    transactionId: row.transaction_id,
    outTradeNo: row.out_trade_no,
    amountTotal: row.amount_total,
    paymentStatus: row.payment_status ?? 'unknown',
  }));
}

/** Holds on to a refund; false when somebody else has it now. */
export async function renewRefundLease(pool: DatabasePool, refund: ClaimedRefund, now: number): Promise<boolean> {
  const until = now + LEASE_MS;
  const result: { affectedRows: number } = await pool.query(
    'UPDATE refunds SET lease_until = ?, next_check_at = ? WHERE id = ? AND lease_by = ?',
    [utcText(until), utcText(until), refund.id, refund.lease.token],
  );
  if (result.affectedRows === 0) return false;
  refund.lease.until = until;
  return true;
}

/** Only for who still holds it. One that points has ended in the meantime needs no further look. */
export async function settleRefund(
  pool: DatabasePool,
  refund: ClaimedRefund,
  next: NextRefundCheck,
  reportedAt: number | null,
): Promise<void> {
  await pool.query(
    `UPDATE refunds SET next_check_at = IF(${OPEN}, ?, NULL), lease_by = NULL, lease_until = NULL, reported_at = ?
     WHERE id = ? AND lease_by = ?`,
    [utcText(next.nextCheckAt), utcText(reportedAt), refund.id, refund.lease.token],
  );
}
