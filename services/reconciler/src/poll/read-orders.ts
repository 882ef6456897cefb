import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText } from '@payguard/shared/database/multi-row';
import { fromShopTime } from '@payguard/shared/database/shop-time';

/** An order as far as asking about it goes. Times are ms UTC, amounts fen. */
export type OrderFacts = {
  id: number;
  mchid: string | null;
  outTradeNo: string;
  appid: string | null;
  amountTotal: number | null;
  currency: string;
  paymentStatus: string;
  createdAt: number;
  expiresAt: number | null;
  creditedAt: number | null;
  closedAt: number | null;
  creditHold: string | null;
};

/** What else keeps an order from being final. */
export type OpenMatters = {
  hasOpenRefund: boolean;
  /** A payment of it waits for a person, who has been told. */
  isHeld: boolean;
  /** Any event of it waits. */
  isWaiting: boolean;
};

type OrderRow = {
  id: number;
  mchid: string | null;
  out_trade_no: string;
  appid: string | null;
  amount_total: number | null;
  currency: string;
  payment_status: string;
  created_at: string;
  expires_at: string | null;
  credited_at: string | null;
  closed_at: string | null;
  credit_hold: string | null;
};

/** Reads orders without locking them, by id. */
export async function readOrders(
  pool: DatabasePool,
  ids: readonly number[],
  shopTimeZone: string,
): Promise<Map<number, OrderFacts>> {
  if (ids.length === 0) return new Map();
  const rows: OrderRow[] = await pool.query(
    {
      sql: `SELECT id, mchid, out_trade_no, appid, amount_total, currency, payment_status, created_at, expires_at,
                   credited_at, closed_at, credit_hold
            FROM payment_orders WHERE id IN (?)`,
      dateStrings: true,
    },
    [ids],
  );
  return new Map(rows.map((row) => [row.id, toFacts(row, shopTimeZone)]));
}

function toFacts(row: OrderRow, shopTimeZone: string): OrderFacts {
  return {
    id: row.id,
    mchid: row.mchid,
    outTradeNo: row.out_trade_no,
    appid: row.appid,
    amountTotal: row.amount_total,
    currency: row.currency,
    paymentStatus: row.payment_status,
    // A shop's '0000-00-00' is an old order.
    createdAt: fromShopTime(row.created_at, shopTimeZone) ?? 0,
    expiresAt: fromUtcText(row.expires_at),
    creditedAt: fromUtcText(row.credited_at),
    closedAt: fromUtcText(row.closed_at),
    creditHold: row.credit_hold,
  };
}

/** Why a payment waits in parked_events for a person; points has told them. */
const HELD_REASONS = ['late_payment_review', 'credit_hold', 'dismissed', 'refund_requested'];

/** Only an order that is credited, closed or on hold can have anything open besides its payment. */
export function mayHaveOpenMatters(order: OrderFacts): boolean {
  return order.creditedAt !== null || order.closedAt !== null || order.creditHold !== null;
}

/** Reads what is open of one order. */
export async function readOpenMatters(pool: DatabasePool, order: OrderFacts): Promise<OpenMatters> {
  const refunds: unknown[] = await pool.query(
    "SELECT 1 FROM refunds WHERE order_id = ? AND status NOT IN ('SUCCESS', 'CLOSED') LIMIT 1",
    [order.id],
  );
  const waiting: { reason: string }[] = await pool.query(
    "SELECT DISTINCT reason FROM parked_events WHERE mchid = ? AND out_trade_no = ? AND state = 'waiting'",
    [order.mchid, order.outTradeNo],
  );
  return {
    hasOpenRefund: refunds.length > 0,
    isHeld: waiting.some(({ reason }) => HELD_REASONS.includes(reason)),
    isWaiting: waiting.length > 0,
  };
}

/** What a look at an order is for. `none`: nobody needs to look again, its check may go. Pure. */
export function standingOf(order: OrderFacts, matters: OpenMatters): 'ask' | 'wait' | 'none' {
  if (order.creditedAt !== null) return matters.hasOpenRefund || matters.isWaiting ? 'wait' : 'none';
  if (matters.isHeld) return 'wait';
  return order.closedAt !== null && !matters.isWaiting ? 'none' : 'ask';
}
