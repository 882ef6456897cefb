import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { checkHeldOrders } from './check-held-orders.ts';
import { type Finding, MAX_EXAMPLES, ok, warn } from './finding.ts';
import { POINTS_GIVEN } from './points-given.ts';

/**
 * Orders that do not fit together, by number and with the reason: those that the upgrade put on hold, and those that
 * somebody's SQL has made odd since. None is credited by itself.
 */
export async function checkLegacyOrders(pool: DatabasePool): Promise<Finding[]> {
  return [
    await checkHeldOrders(pool),
    await checkPaidWithoutPoints(pool),
    await checkRechargedTwice(pool),
    await checkBalanceAfter(pool),
  ];
}

/** Somebody wrote `paid` who is not payguard, and gave no points. */
async function checkPaidWithoutPoints(pool: DatabasePool): Promise<Finding> {
  const check = 'paid orders without points';
  const rows: { out_trade_no: string }[] = await pool.query(
    `SELECT o.out_trade_no FROM payment_orders o
      WHERE o.payment_status = 'paid' AND o.credited_at IS NULL AND o.credit_hold IS NULL
        AND NOT EXISTS (SELECT 1 FROM point_transactions t WHERE t.order_no = o.order_no AND LOWER(t.type) = 'recharge')
      ORDER BY o.id LIMIT ${MAX_EXAMPLES}`,
  );
  if (rows.length === 0) return ok(check, 'There are none.');
  const remedy = 'payguard repair asks WeChat Pay and credits them; then find out who writes payment_status.';
  return warn(check, `Called paid, and never credited: ${atLeast(rows)}.`, remedy, namesOf(rows));
}

/** Also from before payguard, where no invariant looks; unless somebody has taken the extra points back since. */
async function checkRechargedTwice(pool: DatabasePool): Promise<Finding> {
  const check = 'orders credited more than once';
  const rows: { out_trade_no: string; credits: number }[] = await pool.query(
    `SELECT o.out_trade_no, twice.credits
       FROM (SELECT order_no, COUNT(*) AS credits FROM point_transactions
              WHERE LOWER(type) = 'recharge' AND order_no IS NOT NULL GROUP BY order_no HAVING COUNT(*) > 1) AS twice
       JOIN payment_orders o ON o.order_no = twice.order_no
      WHERE ${POINTS_GIVEN} > o.points + o.bonus_points
      ORDER BY o.id LIMIT ${MAX_EXAMPLES}`,
  );
  if (rows.length === 0) return ok(check, 'There are none.');
  const remedy = 'Take the extra points back by a ledger row of your own (docs/incident.md).';
  const examples = rows.map(({ out_trade_no, credits }) => `${out_trade_no}: ${credits} recharge rows`);
  return warn(check, `Orders with several recharge rows: ${atLeast(rows)}.`, remedy, examples);
}

type BalanceRow = { id: number; user_id: number; order_no: string | null; balance_after: number; expected: number };

/**
 * Rows up to the baseline whose balance_after is not the row before plus the amount, or, of the newest, not the balance
 * that the user had. Later rows are an invariant's.
 */
async function checkBalanceAfter(pool: DatabasePool): Promise<Finding> {
  const check = 'balance_after before payguard';
  const rows: BalanceRow[] = await pool.query(
    `SELECT id, user_id, order_no, balance_after, expected FROM (
       SELECT t.id, t.user_id, t.order_no, t.balance_after,
              CASE WHEN t.id = b.last_ledger_id THEN b.balance
                   ELSE LAG(t.balance_after) OVER (PARTITION BY t.user_id ORDER BY t.id) + t.amount END AS expected
         FROM point_transactions t JOIN ledger_baselines b ON b.user_id = t.user_id AND t.id <= b.last_ledger_id
     ) AS running WHERE balance_after <> expected ORDER BY id LIMIT ${MAX_EXAMPLES}`,
  );
  if (rows.length === 0) return ok(check, 'It is a running sum.');
  const examples = rows.map(({ id, user_id, order_no, balance_after, expected }) => {
    return `${order_no ?? 'no order'}: row ${id} of user ${user_id} says ${balance_after}, expected ${expected}`;
  });
  const remedy =
    'Compare with what the user should have (docs/incident.md): payguard counts from the balance it found.';
  return warn(check, `Ledger rows that say another balance than there was: ${atLeast(rows)}.`, remedy, examples);
}

function atLeast(rows: readonly unknown[]): string {
  return rows.length < MAX_EXAMPLES ? String(rows.length) : `${MAX_EXAMPLES} or more`;
}

function namesOf(rows: readonly { out_trade_no: string }[]): string[] {
  return rows.map(({ out_trade_no }) => out_trade_no);
}
