import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { FRESH_LANE } from '@payguard/shared/rules/next-check';
import type { FoldedOrder } from './fold-order.ts';
import type { OrderState, RefundState } from './order-state.ts';
import { isFinal } from './order-state.ts';

/** Writes every order that the round changed, in one statement. */
export async function writeOrders(
  connection: DatabaseConnection,
  folded: readonly FoldedOrder[],
  shopTimeZone: string,
  now: number,
): Promise<void> {
  const changed = folded.filter(({ before, after }) => before !== after);
  if (changed.length === 0) return;
  await connection.query(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (
         id BIGINT PATH '$.id' ERROR ON ERROR,
         payment_status VARCHAR(64) PATH '$.paymentStatus' ERROR ON ERROR,
         transaction_id VARCHAR(128) PATH '$.transactionId' ERROR ON ERROR,
         payment_time VARCHAR(32) PATH '$.paymentTime' ERROR ON ERROR,
         notify_time VARCHAR(32) PATH '$.notifyTime' ERROR ON ERROR,
         trade_state VARCHAR(64) PATH '$.tradeState' ERROR ON ERROR,
         credited_at VARCHAR(32) PATH '$.creditedAt' ERROR ON ERROR,
         closed_at VARCHAR(32) PATH '$.closedAt' ERROR ON ERROR,
         refunded_total BIGINT PATH '$.refundedTotal' ERROR ON ERROR,
         points_taken BIGINT PATH '$.pointsTaken' ERROR ON ERROR,
         credit_hold VARCHAR(64) PATH '$.creditHold' ERROR ON ERROR
       )) AS v
       STRAIGHT_JOIN payment_orders o ON o.id = v.id
     SET o.payment_status = v.payment_status, o.transaction_id = v.transaction_id, o.payment_time = v.payment_time,
         o.notify_time = v.notify_time, o.trade_state = v.trade_state, o.credited_at = v.credited_at,
         o.closed_at = v.closed_at, o.refunded_total = v.refunded_total, o.points_taken = v.points_taken,
         o.credit_hold = v.credit_hold,
         o.updated_at = ?`,
    [JSON.stringify(changed.map(({ after }) => toRow(after, shopTimeZone))), toShopTime(now, shopTimeZone)],
  );
}

function toRow(order: OrderState, shopTimeZone: string) {
  return {
    id: order.id,
    paymentStatus: order.paymentStatus,
    transactionId: order.transactionId,
    paymentTime: order.paidAt === null ? null : toShopTime(order.paidAt, shopTimeZone),
    notifyTime: order.notifiedAt === null ? null : toShopTime(order.notifiedAt, shopTimeZone),
    tradeState: order.tradeState,
    creditedAt: utcText(order.creditedAt),
    closedAt: utcText(order.closedAt),
    refundedTotal: order.refundedTotal,
    pointsTaken: order.pointsTaken,
    creditHold: order.creditHold,
  };
}

/** Notes which witness saw a payment, and when first. */
export async function writeEvidence(connection: DatabaseConnection, folded: readonly FoldedOrder[]): Promise<void> {
  const rows = folded.flatMap(({ before, evidence }) =>
    [...evidence].map(([witness, seenAt]) => [before.id, witness, utcText(seenAt)]),
  );
  if (rows.length === 0) return;
  await insertRows(
    connection,
    'INSERT INTO payment_evidence (order_id, witness, first_seen_at) VALUES',
    rows,
    'ON DUPLICATE KEY UPDATE first_seen_at = LEAST(first_seen_at, VALUES(first_seen_at))',
  );
}

/** Until a refund is final WeChat Pay is asked again, the first time after a minute (page 4013071036). */
const FIRST_REFUND_CHECK_MS = 60_000;

/**
 * Writes the refunds that the round requested, made known or moved forward. How often one has been sent or asked about,
 * and by whom, is the reconciler's and stays as it is.
 */
export async function writeRefunds(
  connection: DatabaseConnection,
  folded: readonly FoldedOrder[],
  now: number,
): Promise<void> {
  const rows = folded.flatMap(({ before, after }) =>
    [...after.refunds.values()]
      .filter((refund) => refund !== before.refunds.get(refund.outRefundNo))
      .map((refund) => refundRow(after, refund, now)),
  );
  if (rows.length === 0) return;
  await insertRows(
    connection,
    `INSERT INTO refunds (order_id, mchid, out_refund_no, refund_id, transaction_id, amount, status, success_time, reason,
                          next_check_at, created_at, updated_at) VALUES`,
    rows,
    // A refund number that another order has already becomes NULL there, which the column refuses: a data error.
    `ON DUPLICATE KEY UPDATE order_id = IF(order_id = VALUES(order_id), order_id, NULL), refund_id = VALUES(refund_id), status = VALUES(status),
       success_time = VALUES(success_time), next_check_at = VALUES(next_check_at), updated_at = VALUES(updated_at)`,
  );
}

function refundRow(order: OrderState, refund: RefundState, now: number): (string | number | null)[] {
  return [
    order.id,
    order.mchid,
    refund.outRefundNo,
    refund.refundId,
    order.transactionId,
    refund.amount,
    refund.status,
    utcText(refund.successTime),
    refund.reason,
    utcText(nextCheckOf(refund, now)),
    utcText(now),
    utcText(now),
  ];
}

function nextCheckOf({ status }: RefundState, now: number): number | null {
  switch (status) {
    case 'requested':
      return now;
    case 'PROCESSING':
    case 'ABNORMAL':
      return now + FIRST_REFUND_CHECK_MS;
    case 'SUCCESS':
    case 'CLOSED':
      return null;
  }
}

/** Takes final orders out of the polling, and makes those with something parked due now (invariant 7). */
export async function writeChecks(
  connection: DatabaseConnection,
  folded: readonly FoldedOrder[],
  now: number,
): Promise<void> {
  const touched = folded.filter(({ before, after, park }) => before !== after || park.length > 0);
  const final = touched.filter(({ after, waits }) => isFinal(after) && !waits).map(({ after }) => after.id);
  if (final.length > 0) await connection.query('DELETE FROM order_checks WHERE order_id IN (?)', [final]);
  const due = touched.filter(({ park }) => park.length > 0).map(({ after }) => after);
  if (due.length === 0) return;
  await insertRows(
    connection,
    'INSERT INTO order_checks (order_id, mchid, lane, next_check_at) VALUES',
    due.map(({ id, mchid }) => [id, mchid, FRESH_LANE, utcText(now)]),
    'ON DUPLICATE KEY UPDATE next_check_at = LEAST(next_check_at, VALUES(next_check_at))',
  );
}
