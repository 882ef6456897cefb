import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { laneOf } from '@payguard/shared/rules/next-check';
import type { PollWorld } from './poll-world.ts';

/** An unpaid order that the shop and WeChat Pay know; times in ms UTC. */
export type NewOrder = {
  outTradeNo: string;
  createdAt: number;
  nextCheckAt: number;
  /** The lane of its age when left out. */
  lane?: number;
};

export const SHOP_TIME_ZONE = 'Asia/Shanghai';
/** Fen. */
const AMOUNT = 1_000;
const USERS = 50;
/** Nothing here is to expire while it is measured. */
const ORDER_LIFE_MS = 24 * 60 * 60_000;
const SLICE = 1_000;
const ORDER_COLUMNS =
  'order_no, out_trade_no, user_id, points, mchid, appid, amount_total, expires_at, created_at, updated_at';

export async function addUsers({ pool }: PollWorld): Promise<void> {
  const rows = Array.from({ length: USERS }, (_, n) => `(${n + 1}, 0)`);
  await pool.query(`INSERT INTO users (id, points) VALUES ${rows.join()}`);
}

/** At WeChat Pay first, as a prepay that succeeded has it; then order and check in one transaction, as the order API does. */
export async function putInOrders(world: PollWorld, orders: readonly NewOrder[]): Promise<void> {
  for (const { outTradeNo, createdAt } of orders) {
    const expiresAtMs = createdAt + ORDER_LIFE_MS;
    const made = world.simulator.createOrder({ outTradeNo, total: AMOUNT, expiresAtMs });
    if (made.kind !== 'created') throw new Error(`the simulator does not take ${outTradeNo}: ${made.kind}`);
  }
  for (let start = 0; start < orders.length; start += SLICE) await insert(world, orders.slice(start, start + SLICE));
}

async function insert({ pool, merchant, appid, simulator }: PollWorld, orders: readonly NewOrder[]): Promise<void> {
  const now = simulator.clock.now();
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const rows = orders.map(({ outTradeNo, createdAt }, n) => {
      const shopTime = toShopTime(createdAt, SHOP_TIME_ZONE);
      const terms = [merchant.mchid, appid, AMOUNT, utcText(createdAt + ORDER_LIFE_MS), shopTime, shopTime];
      return [outTradeNo, outTradeNo, (n % USERS) + 1, 100, ...terms];
    });
    const firstId = await insertRows(connection, `INSERT INTO payment_orders (${ORDER_COLUMNS}) VALUES`, rows);
    const checks = orders.map(({ createdAt, nextCheckAt, lane = laneOf(now - createdAt) }, n) => {
      return [firstId + n, merchant.mchid, lane, utcText(nextCheckAt)];
    });
    await insertRows(connection, 'INSERT INTO order_checks (order_id, mchid, lane, next_check_at) VALUES', checks);
    await connection.commit();
  } finally {
    await connection.release();
  }
}
