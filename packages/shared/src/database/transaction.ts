import type { DatabaseConnection, DatabasePool } from './connection-pool.ts';

/**
 * Runs the work in one transaction: committed when it returns, rolled back when it throws.
 * Does not retry: only the caller knows whether the work may run twice. A COMMIT whose answer is lost is thrown too,
 * and may have happened.
 */
export async function inTransaction<T>(
  pool: DatabasePool,
  work: (connection: DatabaseConnection) => Promise<T>,
): Promise<T> {
  const connection = await pool.getConnection();
  try {
    return await inTransactionOn(connection, () => work(connection));
  } finally {
    await connection.release();
  }
}

/** The same on a connection that the caller holds. */
export async function inTransactionOn<T>(connection: DatabaseConnection, work: () => Promise<T>): Promise<T> {
  await connection.beginTransaction();
  try {
    const result = await work();
    await connection.commit();
    return result;
  } catch (error) {
    // On a lost connection the rollback fails too; the server has then rolled back by itself, and the first error counts.
    await connection.rollback().catch(() => undefined);
    throw error;
  }
}
