import type { DatabasePool } from '@payguard/shared/database/connection-pool';

/**
 * The shop's own spending transaction, beside which payguard has to keep its books right: lock the user row, update it,
 * write the ledger row. Spends one point; throws what the database throws, after a rollback.
 */
export async function spendOnePoint(pool: DatabasePool, userId: number): Promise<void> {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const rows: { points: number }[] = await connection.query('SELECT points FROM users WHERE id = ? FOR UPDATE', [
      userId,
    ]);
    const left = (rows[0]?.points ?? 0) - 1;
    await connection.query('UPDATE users SET points = ? WHERE id = ?', [left, userId]);
    await connection.query(
      "INSERT INTO point_transactions (user_id, type, amount, balance_after) VALUES (?, 'consume', -1, ?)",
      [userId, left],
    );
    await connection.commit();
  } catch (err) {
    await connection.rollback().catch(() => undefined);
    throw err;
  } finally {
    await connection.release();
  }
}
