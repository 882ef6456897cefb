import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows } from '@payguard/shared/database/multi-row';
import { toShopTime } from '@payguard/shared/database/shop-time';
import type { FoldedOrder, LedgerLine } from './fold-order.ts';
import { sourceText } from './order-event.ts';

/** A credit as the ledger holds it, and the Kafka record it came from. */
export type CreditLine = { orderId: number; amount: number; balanceAfter: number; source: string };

/**
 * Adds the ledger lines of a round and the users' new points. Runs under the users' locks, so balance_after is the
 * running sum in ledger order even while the shop spends (invariant 2). Answers the credits.
 */
export async function writeLedger(
  connection: DatabaseConnection,
  folded: readonly FoldedOrder[],
  balances: ReadonlyMap<number, number>,
  shopTimeZone: string,
  now: number,
): Promise<CreditLine[]> {
  const shopNow = toShopTime(now, shopTimeZone);
  const changed = new Map<number, number>();
  const rows: (string | number)[][] = [];
  const credits: CreditLine[] = [];
  for (const { before: order, ledger } of folded) {
    for (const line of ledger) {
      const balanceAfter = (changed.get(order.userId) ?? balances.get(order.userId) ?? 0) + line.amount;
      changed.set(order.userId, balanceAfter);
      const source = sourceText(line.source.source);
      rows.push([
        order.userId,
        line.type,
        line.amount,
        balanceAfter,
        order.orderNo,
        describe(line),
        shopNow,
        line.key,
        source,
      ]);
      if (line.type === 'recharge') credits.push({ orderId: order.id, amount: line.amount, balanceAfter, source });
    }
  }
  if (rows.length === 0) return credits;
  await insertRows(
    connection,
    `INSERT INTO point_transactions
       (user_id, type, amount, balance_after, order_no, description, created_at, ledger_key, source) VALUES`,
    rows,
  );
  await connection.query(
    `UPDATE JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT PATH '$[0]' ERROR ON ERROR, points BIGINT PATH '$[1]' ERROR ON ERROR)) AS v
       STRAIGHT_JOIN users u ON u.id = v.id
     SET u.points = v.points, u.updated_at = ?`,
    [JSON.stringify([...changed]), shopNow],
  );
  return credits;
}

/** The credits of orders that had their points before this round. */
export async function readCreditLines(
  connection: DatabaseConnection,
  folded: readonly FoldedOrder[],
): Promise<CreditLine[]> {
  if (folded.length === 0) return [];
  const keys = folded.map(({ before }) => `recharge:${before.id}`);
  const rows: { ledger_key: string; amount: number; balance_after: number; source: string | null }[] =
    await connection.query(
      'SELECT ledger_key, amount, balance_after, source FROM point_transactions WHERE ledger_key IN (?)',
      [keys],
    );
  return rows.map((row) => ({
    orderId: Number(row.ledger_key.slice('recharge:'.length)),
    amount: row.amount,
    balanceAfter: row.balance_after,
    source: row.source ?? '',
  }));
}

function describe(line: LedgerLine): string {
  return line.type === 'recharge' ? '充值到账 payguard' : '退款扣回 payguard';
}
