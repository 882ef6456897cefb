import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { utcText } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import { APPID, MCHID } from './order-fixtures.ts';

const DIGITS = Array.from({ length: 10 }, (_, n) => `SELECT ${n} AS d`).join(' UNION ALL ');
/** n from 0 to 99,999 */
const NUMBERS = `(SELECT a.d + 10 * b.d + 100 * c.d + 1000 * e.d + 10000 * f.d AS n
                  FROM (${DIGITS}) a, (${DIGITS}) b, (${DIGITS}) c, (${DIGITS}) e, (${DIGITS}) f) numbers`;

/** Numbers of the rows; two fillings of the same numbers clash. */
export type Range = { from: number; to: number };

/** Orders that were paid at a moment (ms UTC), without any callback. */
export async function addPaidOrders(pool: DatabasePool, { from, to }: Range, paidAt: number): Promise<void> {
  const shopTime = toShopTime(paidAt, 'Asia/Shanghai');
  await pool.query(
    `INSERT INTO payment_orders (order_no, out_trade_no, user_id, points, mchid, appid, amount_total, payment_status,
                                 payment_time, created_at, credited_at)
     SELECT CONCAT('PAID_', n), CONCAT('PAID_', n), 1, 100, ?, ?, 1000, 'paid', ?, ?, ?
     FROM ${NUMBERS} WHERE n >= ? AND n < ?`,
    [MCHID, APPID, shopTime, shopTime, utcText(paidAt), from, to],
  );
}

/** What is left in every other table once it is over: ended, sent, resolved; or is due only after `now` (ms UTC). */
export async function addHistory(pool: DatabasePool, { from, to }: Range, now: number): Promise<void> {
  const [past, future] = [utcText(now - 1), utcText(now + 1)];
  const statements: [sql: string, values: (string | null)[]][] = [
    [
      `order_checks (order_id, mchid, lane, next_check_at)
       SELECT n, CONCAT('m', n % 3), n % 2, ?`,
      [future],
    ],
    [
      `job_runs (job, run_by, started_at, finished_at, outcome, counts)
       SELECT CONCAT('job', n % 3), 'host', ?, ?, 'ended', '{}'`,
      [past, past],
    ],
    [
      `callback_probes (url, started_at, finding, sentence)
       SELECT CONCAT('https://shop', n % 3), ?, 'ok', ''`,
      [past],
    ],
    [
      `alert_notices (channel, dedupe_key, subject, news, severity, state, due_at, created_at)
       SELECT CONCAT('channel', n % 3), n, n, 'opened', 'critical', 'sent', ?, ?`,
      [past, past],
    ],
    [
      `refunds (order_id, mchid, out_refund_no, amount, status, created_at, updated_at)
       SELECT n, CONCAT('m', n % 3), n, 1, 'SUCCESS', ?, ?`,
      [past, past],
    ],
    [
      `mismatches (id, kind, state, mchid, system_status, wechat_status, detected_at, state_at, received_at)
       SELECT LPAD(n, 32, '0'), 'amount_mismatch', 'resolved', 'm', 'pending', 'SUCCESS', ?, ?, ?`,
      [past, past, past],
    ],
    [
      `shop_notifications (id, mchid, out_trade_no, repaired, body, state, created_at)
       SELECT n, 'm', n, 1, '{}', 'sent', ?`,
      [past],
    ],
  ];
  for (const [sql, values] of statements) {
    await pool.query(`INSERT INTO ${sql} FROM ${NUMBERS} WHERE n >= ? AND n < ?`, [...values, from, to]);
  }
}
