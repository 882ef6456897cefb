import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { databaseErrorNumber } from '@payguard/shared/database/database-error';
import { utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { inTransaction } from '@payguard/shared/database/transaction';
import { FRESH_LANE } from '@payguard/shared/rules/next-check';

export type NewOrder = {
  mchid: string;
  appid: string;
  outTradeNo: string;
  userId: number;
  amountTotal: number;
  points: number;
  bonusPoints: number;
  tradeType: string;
  termsHash: string;
  expiresAt: number;
  idempotency: { client: string; key: string; requestHash: string } | undefined;
};

/** The first look of the poll: a payer needs this long to pay (page 4012075249 begins after 5 s, too). */
const FIRST_CHECK_MS = 5_000;
const DUPLICATE = 1062;
const DEADLOCK = 1213;
/** Two requests with one key can deadlock on it; the one that is rolled back finds the other's order then. */
const MAX_ATTEMPTS = 3;

/**
 * Records an order that waits for its payment, before WeChat Pay hears of it: from here on it is polled, whatever happens
 * to this process. One transaction, all or nothing. `exists`: its number or its Idempotency-Key was there already.
 */
export async function recordOrder(
  pool: DatabasePool,
  order: NewOrder,
  { now, shopTimeZone }: { now: number; shopTimeZone: string },
): Promise<'recorded' | 'exists' | 'no_such_user'> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransaction(pool, async (connection) => {
        if (!(await userExists(connection, order.userId))) return 'no_such_user';
        await insertIdempotencyKey(connection, order, now);
        const id = await insertOrder(connection, order, toShopTime(now, shopTimeZone));
        await insertCheck(connection, order, id, now);
        await insertPrepay(connection, order, id, now);
        return 'recorded';
      });
    } catch (err) {
      if (databaseErrorNumber(err) === DUPLICATE) return 'exists';
      if (databaseErrorNumber(err) !== DEADLOCK || attempt >= MAX_ATTEMPTS) throw err;
    }
  }
}

async function userExists(connection: DatabaseConnection, userId: number): Promise<boolean> {
  const rows: unknown[] = await connection.query('SELECT id FROM users WHERE id = ?', [userId]);
  return rows.length > 0;
}

/** First: a second request with the same key waits here, and finds the order afterwards. */
async function insertIdempotencyKey(connection: DatabaseConnection, order: NewOrder, now: number): Promise<void> {
  if (order.idempotency === undefined) return;
  const { client, key, requestHash } = order.idempotency;
  await connection.query(
    `INSERT INTO idempotency_keys (client, idempotency_key, request_hash, mchid, out_trade_no, created_at)
     VALUES (?, ?, ?, ?, ?, ?)`,
    [client, key, requestHash, order.mchid, order.outTradeNo, utcText(now)],
  );
}

async function insertOrder(connection: DatabaseConnection, order: NewOrder, shopTime: string): Promise<number> {
  const result: { insertId: number } = await connection.query(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, payment_status, points, bonus_points, created_at,
                                 updated_at, mchid, appid, amount_total, currency, expires_at)
     VALUES (?, ?, ?, 'pending', ?, ?, ?, ?, ?, ?, ?, 'CNY', ?)`,
    [
      order.outTradeNo,
      order.outTradeNo,
      order.userId,
      order.points,
      order.bonusPoints,
      shopTime,
      shopTime,
      order.mchid,
      order.appid,
      order.amountTotal,
      utcText(order.expiresAt),
    ],
  );
  return result.insertId;
}

async function insertCheck(connection: DatabaseConnection, order: NewOrder, id: number, now: number): Promise<void> {
  await connection.query('INSERT INTO order_checks (order_id, mchid, lane, next_check_at) VALUES (?, ?, ?, ?)', [
    id,
    order.mchid,
    FRESH_LANE,
    utcText(now + FIRST_CHECK_MS),
  ]);
}

async function insertPrepay(connection: DatabaseConnection, order: NewOrder, id: number, now: number): Promise<void> {
  await connection.query(
    'INSERT INTO order_prepays (order_id, trade_type, request_hash, created_at) VALUES (?, ?, ?, ?)',
    [id, order.tradeType, order.termsHash, utcText(now)],
  );
}
