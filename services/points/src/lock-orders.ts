import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import { fromShopTime } from '@payguard/shared/database/shop-time';
import { orderKeyOf } from '@payguard/shared/rules/order-key';
import type { OrderState, PaymentStatus, RefundState } from './order-state.ts';

type OrderRow = {
  id: number;
  user_id: number;
  order_no: string;
  out_trade_no: string;
  mchid: string;
  appid: string | null;
  amount_total: number | null;
  currency: string;
  points: number;
  bonus_points: number;
  payment_status: PaymentStatus;
  transaction_id: string | null;
  payment_time: string | null;
  notify_time: string | null;
  trade_state: string | null;
  credited_at: string | null;
  closed_at: string | null;
  refunded_total: number;
  points_taken: number;
  credit_hold: string | null;
};

type RefundRow = {
  order_id: number;
  out_refund_no: string;
  refund_id: string | null;
  amount: number;
  status: RefundState['status'];
  success_time: string | null;
  reason: string | null;
};

export type OrderName = { mchid: string; out_trade_no: string };

/**
 * Locks these orders in id order and reads them with their refunds; by order key. One that does not exist has no entry.
 */
export async function lockOrders(
  connection: DatabaseConnection,
  names: readonly OrderName[],
  shopTimeZone: string,
): Promise<Map<string, OrderState>> {
  const ids = await findOrderIds(connection, names);
  if (ids.length === 0) return new Map();
  const rows: OrderRow[] = await connection.query(
    {
      sql: `SELECT id, user_id, order_no, out_trade_no, mchid, appid, amount_total, currency, points, bonus_points,
                   payment_status, transaction_id, payment_time, notify_time, trade_state, credited_at, closed_at,
                   refunded_total, points_taken, credit_hold
            FROM payment_orders WHERE id IN (?) ORDER BY id FOR UPDATE`,
      dateStrings: true,
    },
    [ids],
  );
  const refunds = await readRefunds(connection, rows);
  return new Map(
    rows.map((row) => [
      orderKeyOf(row),
      toOrderState(
        row,
        refunds.filter((refund) => refund.order_id === row.id),
        shopTimeZone,
      ),
    ]),
  );
}

/** Without a lock: the lock must be taken by primary key, or it would follow the order of another index. */
async function findOrderIds(connection: DatabaseConnection, names: readonly OrderName[]): Promise<number[]> {
  const numbersByMerchant = new Map<string, Set<string>>();
  for (const { mchid, out_trade_no } of names) {
    const numbers = numbersByMerchant.get(mchid) ?? new Set();
    numbersByMerchant.set(mchid, numbers.add(out_trade_no));
  }
  const ids: number[] = [];
  for (const [mchid, numbers] of numbersByMerchant) {
    const rows: { id: number }[] = await connection.query(
      'SELECT id FROM payment_orders WHERE mchid = ? AND out_trade_no IN (?)',
      [mchid, [...numbers]],
    );
    ids.push(...rows.map((row) => row.id));
  }
  return ids.sort((a, b) => a - b);
}

/** An order has refunds only once its payment is known; until then they wait in parked_events. */
async function readRefunds(connection: DatabaseConnection, rows: OrderRow[]): Promise<RefundRow[]> {
  const ids = rows.filter((row) => row.credited_at !== null || row.transaction_id !== null).map((row) => row.id);
  if (ids.length === 0) return [];
  return connection.query(
    {
      sql: `SELECT order_id, out_refund_no, refund_id, amount, status, success_time, reason
            FROM refunds WHERE order_id IN (?)`,
      dateStrings: true,
    },
    [ids],
  );
}

function toOrderState(row: OrderRow, refunds: RefundRow[], shopTimeZone: string): OrderState {
  return {
    id: row.id,
    userId: row.user_id,
    orderNo: row.order_no,
    mchid: row.mchid,
    outTradeNo: row.out_trade_no,
    appid: row.appid,
    amountTotal: row.amount_total,
    currency: row.currency,
    points: row.points + row.bonus_points,
    paymentStatus: row.payment_status,
    transactionId: row.transaction_id,
    paidAt: row.payment_time === null ? null : fromShopTime(row.payment_time, shopTimeZone),
    notifiedAt: row.notify_time === null ? null : fromShopTime(row.notify_time, shopTimeZone),
    tradeState: row.trade_state,
    creditedAt: fromUtcText(row.credited_at),
    closedAt: fromUtcText(row.closed_at),
    refundedTotal: row.refunded_total,
    pointsTaken: row.points_taken,
    creditHold: row.credit_hold,
    refunds: new Map(refunds.map((refund) => [refund.out_refund_no, toRefundState(refund)])),
  };
}

function toRefundState(row: RefundRow): RefundState {
  return {
    outRefundNo: row.out_refund_no,
    refundId: row.refund_id,
    amount: row.amount,
    status: row.status,
    successTime: fromUtcText(row.success_time),
    reason: row.reason,
  };
}
