import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import { utcText } from '@payguard/shared/database/multi-row';
import { inTransaction } from '@payguard/shared/database/transaction';
import { type Checkout, LEASE_NAME } from '../checkout.ts';
import type { OrderView } from '../orders/order-view.ts';
import { readOrders } from '../orders/read-orders.ts';
import { decideRefund, type RefundDecision, refuseTaken, type WantedRefund } from './refund-request.ts';

/** As long as a call to WeChat Pay may take with its repeats; then the reconciler takes the refund on. */
const LEASE_MS = 30_000;
const DUPLICATE = 1062;

/**
 * Decides about a refund under the order's lock and records a new one as `requested`, with its first attempt noted and
 * leased: it may be sent then, and is asked about before anybody sends it again. Concurrent refunds wait for the lock, so
 * that all of them together never exceed the order.
 */
export async function recordRefund(
  { pool, clock, shopTimeZone }: Checkout,
  orderId: number,
  wanted: WantedRefund,
): Promise<RefundDecision> {
  try {
    return await inTransaction(pool, async (connection) => {
      const orders = await readOrders(connection, [orderId], shopTimeZone, { lock: true });
      const order = orders.get(orderId);
      if (order === undefined) throw new Error(`order ${orderId} is gone`);
      const now = clock.now();
      const decision = decideRefund(order, wanted, now);
      if (decision.outcome === 'new') await insertRefund(connection, order, wanted, decision.transactionId, now);
      return decision;
    });
  } catch (err) {
    // The number belongs to a refund of another order.
    if (databaseErrorNumber(err) === DUPLICATE) return refuseTaken(wanted.outRefundNo);
    throw err;
  }
}

async function insertRefund(
  connection: DatabaseConnection,
  order: OrderView,
  { outRefundNo, amount, reason }: WantedRefund,
  transactionId: string,
  now: number,
): Promise<void> {
  await connection.query(
    `INSERT INTO refunds (order_id, mchid, out_refund_no, amount, status, transaction_id, reason, attempts, lease_by,
                          lease_until, next_check_at, created_at, updated_at)
     VALUES (?, ?, ?, ?, 'requested', ?, ?, 1, ?, ?, ?, ?, ?)`,
    [
      order.id,
      order.mchid,
      outRefundNo,
      amount,
      transactionId,
      reason,
      LEASE_NAME,
      utcText(now + LEASE_MS),
      utcText(now + LEASE_MS),
      utcText(now),
      utcText(now),
    ],
  );
}
