import { setTimeout as delay } from 'node:timers/promises';
import { createDatabasePool, type DatabasePool } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import type { Outside } from './outside.ts';

export type LoadOrder = { outTradeNo: string; transactionId: string; total: number };

export type OrderFeed = {
  readonly userIds: readonly number[];
  /** Has orders for as many seconds of load ready in the database: for while it is away. */
  stockUp(seconds: number): Promise<void>;
  /** The next orders: in the shop's database, paid at WeChat Pay a moment ago, their own callback lost. */
  takePaid(count: number): Promise<LoadOrder[]>;
  close(): Promise<void>;
};

const SHOP_TIME_ZONE = 'Asia/Shanghai';
const AMOUNT_FEN = 100;
const USERS = 200;
const ORDER_LIFE_MS = 2 * 3_600_000;
/** Later than its callback: the poll is for those whose callback failed. */
const FIRST_CHECK_MS = 120_000;
const SLICE = 1_000;
const STOCK_SECONDS = 10;
const CALL_TIMEOUT_MS = 10_000;
const RETRY_MS = 500;
const ORDER_COLUMNS =
  'order_no, out_trade_no, user_id, points, mchid, appid, amount_total, expires_at, created_at, updated_at';

/** Orders of a shop as they come in: each is inserted, prepaid and paid, and somebody else sends its callback. */
export async function openOrderFeed(outside: Outside, rate: number): Promise<OrderFeed> {
  const { target } = outside;
  const run = Date.now().toString(36).toUpperCase();
  const pool = createDatabasePool({ url: target.database.url, connectionLimit: 2 });
  const userIds = await insertUsers(pool, run);
  const stock: LoadOrder[] = [];
  let made = 0;
  let refilling: Promise<void> | undefined;

  const refill = async (until: number): Promise<void> => {
    while (stock.length < until) {
      const first = made + 1;
      made += SLICE;
      const orders = Array.from({ length: SLICE }, (_, n) => numbered(run, first + n));
      await insertOrders(pool, target.merchant, orders, userIds);
      await createAtSimulator(target, orders);
      stock.push(...orders);
    }
  };

  return {
    userIds,
    stockUp: (seconds) => refill(Math.max(STOCK_SECONDS, seconds) * rate),
    async takePaid(count) {
      if (stock.length < STOCK_SECONDS * rate) {
        refilling ??= refill(2 * STOCK_SECONDS * rate)
          // The database is away: there is stock, and the next call tries again.
          .catch(() => undefined)
          .finally(() => {
            refilling = undefined;
          });
      }
      while (stock.length < count) await Promise.all([refilling, delay(RETRY_MS)]);
      const orders = stock.splice(0, count);
      await payAtSimulator(target, orders);
      return orders;
    },
    async close() {
      await refilling;
      await pool.end();
    },
  };
}

function numbered(run: string, n: number): LoadOrder {
  const number = String(n).padStart(9, '0');
  return { outTradeNo: `LOAD_${run}_${number}`, transactionId: `4200${Date.now()}${number}`, total: AMOUNT_FEN };
}

async function insertUsers(pool: DatabasePool, run: string): Promise<number[]> {
  const rows = Array.from({ length: USERS }, () => [`load ${run}`, 0]);
  const connection = await pool.getConnection();
  try {
    const first = await insertRows(connection, 'INSERT INTO users (nickname, points) VALUES', rows);
    return rows.map((_, n) => first + n);
  } finally {
    await connection.release();
  }
}

async function insertOrders(
  pool: DatabasePool,
  merchant: { mchid: string; appid: string },
  orders: readonly LoadOrder[],
  userIds: readonly number[],
): Promise<void> {
  const now = Date.now();
  const shopNow = toShopTime(now, SHOP_TIME_ZONE);
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const rows = orders.map(({ outTradeNo, total }, n) => {
      const terms = [merchant.mchid, merchant.appid, total, utcText(now + ORDER_LIFE_MS), shopNow, shopNow];
      return [outTradeNo, outTradeNo, userIds[n % userIds.length] ?? 0, total, ...terms];
    });
    const firstId = await insertRows(connection, `INSERT INTO payment_orders (${ORDER_COLUMNS}) VALUES`, rows);
    const checks = orders.map((_, n) => [firstId + n, merchant.mchid, utcText(now + FIRST_CHECK_MS)]);
    await insertRows(connection, 'INSERT INTO order_checks (order_id, mchid, next_check_at) VALUES', checks);
    await connection.commit();
  } catch (err) {
    await connection.rollback().catch(() => undefined);
    throw err;
  } finally {
    await connection.release();
  }
}

/** As a prepay that succeeded has them. */
async function createAtSimulator(
  { simulator, gateway }: Outside['target'],
  orders: readonly LoadOrder[],
): Promise<void> {
  const made = orders.map(({ outTradeNo, total }) => ({ outTradeNo, total, notifyUrl: gateway.callbackUrl }));
  await control(`${simulator.controlUrl}/orders`, made);
}

async function payAtSimulator({ simulator }: Outside['target'], orders: readonly LoadOrder[]): Promise<void> {
  const faults = [{ kind: 'lost' }];
  const paid = orders.map(({ outTradeNo, transactionId }) => ({ outTradeNo, transactionId, faults }));
  await control(`${simulator.controlUrl}/pay`, paid);
}

async function control(url: string, orders: readonly object[]): Promise<void> {
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ orders }),
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`The simulator answered ${answer.status} to ${url}: ${text.slice(0, 300)}`);
}
