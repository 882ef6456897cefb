import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import { fromShopTime } from '@payguard/shared/database/shop-time';
import type { Mchid, OutTradeNo } from '@payguard/shared/rules/wechat-fields';
import type { OrderStatus, OrderView, RefundView } from './order-view.ts';

type Queryable = Pick<DatabasePool | DatabaseConnection, 'query'>;

type OrderRow = {
  id: number;
  mchid: Mchid;
  out_trade_no: OutTradeNo;
  appid: string | null;
  user_id: number;
  payment_status: OrderStatus;
  amount_total: number | null;
  currency: string;
  points: number;
  bonus_points: number;
  transaction_id: string | null;
  created_at: string;
  payment_time: string | null;
  expires_at: string | null;
  credited_at: string | null;
  closed_at: string | null;
  credit_hold: string | null;
  refunded_total: number;
};

type RefundRow = {
  order_id: number;
  out_refund_no: string;
  refund_id: string | null;
  amount: number;
  status: RefundView['status'];
  reason: string | null;
  success_time: string | null;
  created_at: string;
};

/** The id of a merchant's order; undefined when there is none of this number. */
export async function findOrderId(db: Queryable, mchid: string, outTradeNo: string): Promise<number | undefined> {
  const rows: { id: number }[] = await db.query('SELECT id FROM payment_orders WHERE mchid = ? AND out_trade_no = ?', [
    mchid,
    outTradeNo,
  ]);
  return rows[0]?.id;
}

/** These orders with their refunds, by id; `lock` holds their rows until the transaction ends. */
export async function readOrders(
  db: Queryable,
  ids: readonly number[],
  shopTimeZone: string,
  { lock = false }: { lock?: boolean } = {},
): Promise<Map<number, OrderView>> {
  if (ids.length === 0) return new Map();
  const rows: OrderRow[] = await db.query(
    {
      sql: `SELECT id, mchid, out_trade_no, appid, user_id, payment_status, amount_total, currency, points, bonus_points,
                   transaction_id, created_at, payment_time, expires_at, credited_at, closed_at, credit_hold,
                   refunded_total
            FROM payment_orders WHERE id IN (?) ORDER BY id${lock ? ' FOR UPDATE' : ''}`,
      dateStrings: true,
    },
    [ids],
  );
  const refunds = await readRefunds(db, rows);
  return new Map(rows.map((row) => [row.id, toView(row, refunds, shopTimeZone)]));
}

/** Only an order whose payment is known has refunds, so that those who wait for one cost one statement. */
async function readRefunds(db: Queryable, orders: readonly OrderRow[]): Promise<RefundRow[]> {
  const ids = orders
    .filter(({ credited_at, transaction_id }) => (credited_at ?? transaction_id) !== null)
    .map(({ id }) => id);
  if (ids.length === 0) return [];
  return db.query(
    {
      sql: `SELECT order_id, out_refund_no, refund_id, amount, status, reason, success_time, created_at
            FROM refunds WHERE order_id IN (?) ORDER BY id`,
      dateStrings: true,
    },
    [ids],
  );
}

function toView(row: OrderRow, refunds: readonly RefundRow[], shopTimeZone: string): OrderView {
  return {
    id: row.id,
    mchid: row.mchid,
    outTradeNo: row.out_trade_no,
    appid: row.appid,
    userId: row.user_id,
    status: row.payment_status,
    amountTotal: row.amount_total,
    currency: row.currency,
    points: row.points,
    bonusPoints: row.bonus_points,
    transactionId: row.transaction_id,
    createdAt: fromShopTime(row.created_at, shopTimeZone) ?? 0,
    expiresAt: fromUtcText(row.expires_at),
    paidAt: row.payment_time === null ? null : fromShopTime(row.payment_time, shopTimeZone),
    creditedAt: fromUtcText(row.credited_at),
    closedAt: fromUtcText(row.closed_at),
    isHeld: row.credit_hold !== null,
    refundedTotal: row.refunded_total,
    refunds: refunds.filter(({ order_id }) => order_id === row.id).map(toRefundView),
  };
}

function toRefundView(row: RefundRow): RefundView {
  return {
    outRefundNo: row.out_refund_no,
    refundId: row.refund_id,
    amount: row.amount,
    status: row.status,
    reason: row.reason,
    successTime: fromUtcText(row.success_time),
    createdAt: fromUtcText(row.created_at) ?? 0,
  };
}
