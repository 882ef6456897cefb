import type { DatabaseConnection } from '@payguard/shared/database/connection-pool';
import { insertRows, utcText } from '@payguard/shared/database/multi-row';
import type { OrderState } from './order-state.ts';

/**
 * Locks the users of these orders in id order and answers their points. A user payguard has not met gets a baseline
 * here, under the lock, from which invariant 2 counts. Throws when an order names a user who does not exist.
 */
export async function lockUsers(
  connection: DatabaseConnection,
  orders: OrderState[],
  now: number,
): Promise<Map<number, number>> {
  const ids = [...new Set(orders.map((order) => order.userId))].sort((a, b) => a - b);
  if (ids.length === 0) return new Map();
  const users: { id: number; points: number }[] = await connection.query(
    'SELECT id, points FROM users WHERE id IN (?) ORDER BY id FOR UPDATE',
    [ids],
  );
  const balances = new Map(users.map((user) => [user.id, user.points]));
  for (const order of orders) {
    if (!balances.has(order.userId))
      throw new Error(`order ${order.orderNo} names user ${order.userId}, who does not exist`);
  }
  await writeMissingBaselines(connection, balances, now);
  return balances;
}

async function writeMissingBaselines(
  connection: DatabaseConnection,
  balances: ReadonlyMap<number, number>,
  now: number,
): Promise<void> {
  const known: { user_id: number }[] = await connection.query(
    'SELECT user_id FROM ledger_baselines WHERE user_id IN (?)',
    [[...balances.keys()]],
  );
  const met = new Set(known.map((row) => row.user_id));
  const unmet = [...balances.keys()].filter((id) => !met.has(id));
  if (unmet.length === 0) return;
  const last: { user_id: number; last_id: number }[] = await connection.query(
    'SELECT user_id, MAX(id) AS last_id FROM point_transactions WHERE user_id IN (?) GROUP BY user_id',
    [unmet],
  );
  const lastId = new Map(last.map((row) => [row.user_id, row.last_id]));
  await insertRows(
    connection,
    'INSERT INTO ledger_baselines (user_id, balance, last_ledger_id, taken_at) VALUES',
    unmet.map((id) => [id, balances.get(id) ?? 0, lastId.get(id) ?? 0, utcText(now)]),
  );
}
