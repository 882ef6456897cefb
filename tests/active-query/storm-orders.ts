import { setTimeout as delay } from 'node:timers/promises';
import { checkInvariants } from '@payguard/shared/database/check-invariants';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { fromUtcText, insertRows, utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import type { Simulator } from 'wechatpay-simulator';
import type { Published, StormWorld } from './storm-world.ts';

export type NewOrder = {
  mchid: string;
  outTradeNo: string;
  /** ms UTC, both. */
  createdAt: number;
  expiresAt: number;
  /** Unknown at WeChat Pay: its prepay call never came through. */
  isUnknown?: boolean;
};

export type OrderRow = {
  id: number;
  mchid: string;
  outTradeNo: string;
  status: string;
  creditedAt: number | null;
  closedAt: number | null;
  transactionId: string | null;
  refundedTotal: number;
  recharges: number;
};

/** Fen of every order here. */
export const TOTAL = 1_000;
const POINTS = 100;
const USERS = 50;
const FIRST_CHECK_MS = 5_000;
const SLICE = 500;
const LOOK_MS = 50;

export async function addUsers(pool: DatabasePool): Promise<void> {
  const rows = Array.from({ length: USERS }, (_, n) => `(${n + 1}, 0)`);
  await pool.query(`INSERT INTO users (id, points) VALUES ${rows.join()}`);
}

/** Puts orders in as checkout would, at WeChat Pay and in the shop. */
export async function addOrders({ pool, simulator }: StormWorld, orders: readonly NewOrder[]): Promise<void> {
  const appids = new Map(simulator.merchants.map(({ mchid, appid }) => [mchid, appid]));
  for (const order of orders) {
    if (order.isUnknown === true) continue;
    const { mchid, outTradeNo, expiresAt } = order;
    const made = simulator.createOrder({ mchid, outTradeNo, total: TOTAL, expiresAtMs: expiresAt });
    if (made.kind !== 'created') throw new Error(`the simulator does not take ${outTradeNo}: ${made.kind}`);
  }
  const connection = await pool.getConnection();
  try {
    for (let start = 0; start < orders.length; start += SLICE) {
      const slice = orders.slice(start, start + SLICE);
      const rows = slice.map((order, n) => [
        ...[order.outTradeNo, order.outTradeNo, ((start + n) % USERS) + 1, POINTS, order.mchid],
        ...[appids.get(order.mchid) ?? '', TOTAL, utcText(order.expiresAt)],
        ...[toShopTime(order.createdAt, 'Asia/Shanghai'), toShopTime(order.createdAt, 'Asia/Shanghai')],
      ]);
      const columns =
        'order_no, out_trade_no, user_id, points, mchid, appid, amount_total, expires_at, created_at, updated_at';
      const firstId = await insertRows(connection, `INSERT INTO payment_orders (${columns}) VALUES`, rows);
      const checks = slice.map((order, n) => [firstId + n, order.mchid, 0, utcText(order.createdAt + FIRST_CHECK_MS)]);
      // The sweep of a poll that runs may have been faster.
      const head = 'INSERT IGNORE INTO order_checks (order_id, mchid, lane, next_check_at) VALUES';
      await insertRows(connection, head, checks);
    }
  } finally {
    await connection.release();
  }
}

export function pay(simulator: Simulator, order: { mchid: string; outTradeNo: string }): void {
  const { mchid, outTradeNo } = order;
  const paid = simulator.pay({ mchid, outTradeNo, faults: [{ kind: 'lost' }] });
  if (paid.kind !== 'paid') throw new Error(`${outTradeNo} cannot be paid: ${paid.kind}`);
}

export async function readOrders(pool: DatabasePool): Promise<Map<string, OrderRow>> {
  const rows: Record<string, string | number | null>[] = await pool.query({
    dateStrings: true,
    sql: `SELECT o.id, o.mchid, o.out_trade_no, o.payment_status, o.credited_at, o.closed_at, o.transaction_id,
                 o.refunded_total,
                 (SELECT COUNT(*) FROM point_transactions t
                   WHERE t.order_no = o.order_no AND t.type = 'recharge') AS recharges
            FROM payment_orders o`,
  });
  const time = (value: string | number | null | undefined) => fromUtcText(value == null ? null : String(value));
  return new Map(
    rows.map((row) => [
      String(row.out_trade_no),
      {
        id: Number(row.id),
        mchid: String(row.mchid),
        outTradeNo: String(row.out_trade_no),
        status: String(row.payment_status),
        creditedAt: time(row.credited_at),
        closedAt: time(row.closed_at),
        transactionId: row.transaction_id == null ? null : String(row.transaction_id),
        refundedTotal: Number(row.refunded_total),
        recharges: Number(row.recharges),
      },
    ]),
  );
}

/** Waits until the orders are so; throws the complaint when they are not after `timeoutMs` of this machine. */
export async function waitForOrders(
  pool: DatabasePool,
  complaint: (orders: Map<string, OrderRow>) => string | undefined,
  timeoutMs: number,
): Promise<Map<string, OrderRow>> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const orders = await readOrders(pool);
    const wrong = complaint(orders);
    if (wrong === undefined) return orders;
    if (performance.now() > deadline) throw new Error(`after ${timeoutMs} ms: ${wrong}`);
    await delay(LOOK_MS);
  }
}

/** Numbers of the orders about which such an event was published, once for each event. */
export function numbersOf(published: readonly Published[], topic: string): string[] {
  return published
    .filter((record) => record.topic === topic)
    .map((record) => String(JSON.parse(record.value).out_trade_no));
}

export async function brokenInvariants(pool: DatabasePool): Promise<string[]> {
  const results = await checkInvariants(pool);
  return results
    .filter(({ severity, violations }) => severity === 'broken' && violations > 0)
    .map(({ name, examples }) => `${name}: ${JSON.stringify(examples[0])}`);
}
