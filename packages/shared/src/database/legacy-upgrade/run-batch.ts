import type { DatabaseConnection } from '../connection-pool.ts';
import { databaseErrorNumber } from '../database-error.ts';
import { inTransactionOn } from '../transaction.ts';

/** Deadlock and lock time-out: the shop was faster, and the batch may run again on the same connection. */
const LOST_TO_THE_SHOP = new Set([1213, 1205]);
/** A busy shop may win a few times; one that always wins holds a lock that a person must find. */
const MAX_ATTEMPTS = 10;

/** Runs one batch in a transaction, again when the running shop took its locks first. The batch must bear repetition. */
export async function runBatch<T>(connection: DatabaseConnection, batch: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await inTransactionOn(connection, batch);
    } catch (error) {
      const isLockError = LOST_TO_THE_SHOP.has(databaseErrorNumber(error) ?? 0);
      if (!isLockError || attempt === MAX_ATTEMPTS) throw error;
    }
  }
}
