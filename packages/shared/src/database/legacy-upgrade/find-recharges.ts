import type { DatabaseConnection } from '../connection-pool.ts';
import type { RechargeRow } from './classify-order.ts';

export type LegacyRecharges = Map<string, (RechargeRow & { ledgerKey: string | null })[]>;

type LedgerRow = {
  id: number;
  order_no: string;
  balance_after: number;
  created_at: string;
  ledger_key: string | null;
  user_balance: number | null;
  balance_before: number | null;
};

/** The recharge rows of these order numbers, by order number and in id order. Needs the users' baselines. */
export async function findRecharges(
  connection: DatabaseConnection,
  orderNumbers: readonly string[],
): Promise<LegacyRecharges> {
  const rows = await connection.query<LedgerRow[]>(
    {
      sql: `SELECT t.id, t.order_no, t.balance_after, t.created_at, t.ledger_key, b.balance AS user_balance,
                   CASE WHEN b.user_id IS NOT NULL THEN (
                     SELECT p.balance_after FROM point_transactions p
                      WHERE p.user_id = t.user_id AND p.id < t.id ORDER BY p.id DESC LIMIT 1
                   ) END AS balance_before
              FROM point_transactions t
              LEFT JOIN ledger_baselines b ON b.user_id = t.user_id AND b.last_ledger_id = t.id
             WHERE t.order_no IN (?) AND LOWER(TRIM(t.type)) = 'recharge'
             ORDER BY t.id`,
      dateStrings: true,
    },
    [orderNumbers],
  );
  const byNumber: LegacyRecharges = new Map();
  for (const row of rows) {
    const list = byNumber.get(row.order_no) ?? [];
    byNumber.set(row.order_no, list);
    list.push({
      id: row.id,
      createdAt: row.created_at,
      balanceAfter: row.balance_after,
      ledgerKey: row.ledger_key,
      newest:
        row.user_balance === null ? null : { userBalance: row.user_balance, balanceBefore: row.balance_before ?? 0 },
    });
  }
  return byNumber;
}
