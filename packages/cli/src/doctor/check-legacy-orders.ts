import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { classifyOrder } from '@payguard/shared/database/legacy-upgrade/classify-order';
import { findRecharges } from '@payguard/shared/database/legacy-upgrade/find-recharges';
import { mapLegacyStatus } from '@payguard/shared/database/legacy-upgrade/map-legacy-status';
import { FINDING_TEXT } from '../legacy-finding-text.ts';
import { type Finding, MAX_EXAMPLES, ok, warn } from './finding.ts';

type HeldRow = { id: number; order_no: string; out_trade_no: string; payment_status: string };

/**
 * Orders that do not fit together, by number and with the reason: those that the upgrade put on hold, and those that
 * somebody's SQL has made odd since. None is credited by itself.
 */
export async function checkLegacyOrders(pool: DatabasePool): Promise<Finding[]> {
  return [
    await checkHeldByUpgrade(pool),
    await checkPaidWithoutPoints(pool),
    await checkRechargedTwice(pool),
    await checkBalanceAfter(pool),
  ];
}

/** The reason is found anew from the rows as they were at the upgrade (the users' baselines). */
async function checkHeldByUpgrade(pool: DatabasePool): Promise<Finding> {
  const check = 'orders held by the upgrade';
  const rows: HeldRow[] = await pool.query(
    `SELECT id, order_no, out_trade_no, payment_status FROM payment_orders
      WHERE credit_hold = 'ledger_mismatch' ORDER BY id LIMIT ${MAX_EXAMPLES}`,
  );
  if (rows.length === 0) return ok(check, 'There are none.');
  const connection = await pool.getConnection();
  try {
    const numbers = new Set(rows.flatMap((row) => [row.order_no, row.out_trade_no]));
    const recharges = await findRecharges(connection, [...numbers]);
    const reasons = rows.map((row) => {
      const own = [...new Set([row.order_no, row.out_trade_no])]
        .flatMap((number) => recharges.get(number) ?? [])
        .filter(({ ledgerKey }) => ledgerKey === null || ledgerKey === `recharge:${row.id}`)
        .toSorted((a, b) => a.id - b.id);
      const { finding } = classifyOrder(mapLegacyStatus(row.payment_status) ?? 'pending', own);
      return `${row.out_trade_no}: ${finding === null ? 'held at the upgrade, nothing odd is seen now' : FINDING_TEXT[finding]}`;
    });
    const remedy = 'Look at each (docs/incident.md); payguard review decides on those that are not credited.';
    return warn(check, `${atLeast(rows)} do not fit together and are credited by nobody but you.`, remedy, reasons);
  } finally {
    await connection.release();
  }
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
  return warn(check, `${atLeast(rows)} are called paid, and were never credited.`, remedy, namesOf(rows));
}

/** Also from before payguard, where no invariant looks. */
async function checkRechargedTwice(pool: DatabasePool): Promise<Finding> {
  const check = 'orders credited more than once';
  const rows: { out_trade_no: string; credits: number }[] = await pool.query(
    `SELECT o.out_trade_no, twice.credits
       FROM (SELECT order_no, COUNT(*) AS credits FROM point_transactions
              WHERE LOWER(type) = 'recharge' AND order_no IS NOT NULL GROUP BY order_no HAVING COUNT(*) > 1) AS twice
       JOIN payment_orders o ON o.order_no = twice.order_no
      ORDER BY o.id LIMIT ${MAX_EXAMPLES}`,
  );
  if (rows.length === 0) return ok(check, 'There are none.');
  const remedy = 'Take the extra points back by a ledger row of your own (docs/incident.md).';
  const examples = rows.map(({ out_trade_no, credits }) => `${out_trade_no}: ${credits} recharge rows`);
  return warn(check, `${atLeast(rows)} have several recharge rows.`, remedy, examples);
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
    'Nothing has to be done: payguard counts from the balances it found. The rows only misinform whoever reads them.';
  return warn(check, `${atLeast(rows)} ledger rows say another balance than there was.`, remedy, examples);
}

function atLeast(rows: readonly unknown[]): string {
  return rows.length < MAX_EXAMPLES ? String(rows.length) : `${MAX_EXAMPLES} or more`;
}

function namesOf(rows: readonly { out_trade_no: string }[]): string[] {
  return rows.map(({ out_trade_no }) => out_trade_no);
}
