import type { DatabasePool } from '@payguard/shared/database/connection-pool';

/** An order as it is here. */
export type OrderHere = {
  id: number;
  order_no: string;
  out_trade_no: string;
  user_id: number;
  mchid: string | null;
  appid: string | null;
  payment_status: string;
  transaction_id: string | null;
  /** Fen; null: from before payguard, and unknown. */
  amount_total: number | null;
  currency: string;
  points: number;
  bonus_points: number;
  /** 'YYYY-MM-DD HH:MM:SS.mmm' in UTC. */
  credited_at: string | null;
  closed_at: string | null;
  expires_at: string | null;
  credit_hold: string | null;
  /** Refunds known here, whatever their state. */
  refunds: number;
};

const ORDER_COLUMNS = `id, order_no, out_trade_no, user_id, mchid, appid, payment_status, transaction_id,
  amount_total, currency, points, bonus_points, credited_at, closed_at, expires_at, credit_hold,
  (SELECT COUNT(*) FROM refunds r WHERE r.order_id = payment_orders.id) AS refunds`;

/** Numbers in one statement. */
const CHUNK = 500;

/**
 * The orders that go by these numbers, WeChat Pay's or the shop's own, by number; of one merchant, where it is given.
 * One number may name several orders (of several merchants).
 */
export async function findOrders(
  pool: Pick<DatabasePool, 'query'>,
  numbers: readonly string[],
  mchids: readonly string[],
  onlyMchid: string | null,
): Promise<Map<string, OrderHere[]>> {
  const found = new Map<string, Map<number, OrderHere>>();
  for (let from = 0; from < numbers.length; from += CHUNK) {
    const chunk = numbers.slice(from, from + CHUNK);
    for (const order of await findChunk(pool, chunk, mchids)) {
      if (onlyMchid !== null && order.mchid !== onlyMchid) continue;
      for (const number of new Set([order.out_trade_no, order.order_no])) {
        const orders = found.get(number) ?? new Map<number, OrderHere>();
        found.set(number, orders.set(order.id, order));
      }
    }
  }
  return new Map(numbers.map((number) => [number, preferExact(number, [...(found.get(number)?.values() ?? [])])]));
}

/** By both indexes: orders of a merchant by WeChat Pay's number, all orders by the shop's. */
function findChunk(
  pool: Pick<DatabasePool, 'query'>,
  numbers: readonly string[],
  mchids: readonly string[],
): Promise<OrderHere[]> {
  return pool.query(
    {
      sql: `SELECT ${ORDER_COLUMNS} FROM payment_orders WHERE mchid IN (?) AND out_trade_no IN (?)
            UNION SELECT ${ORDER_COLUMNS} FROM payment_orders WHERE mchid IS NULL AND out_trade_no IN (?)
            UNION SELECT ${ORDER_COLUMNS} FROM payment_orders WHERE order_no IN (?)`,
      dateStrings: true,
    },
    // An empty list is no SQL.
    [mchids.length === 0 ? [''] : mchids, numbers, numbers, numbers],
  );
}

/** Where a number is WeChat Pay's number of one order and the shop's number of another, the first is meant. */
function preferExact(number: string, orders: OrderHere[]): OrderHere[] {
  const exact = orders.filter((order) => order.out_trade_no === number);
  return exact.length > 0 ? exact : orders;
}
