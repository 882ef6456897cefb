import { isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { AlerterMetrics } from './metrics.ts';

/** Does the work and notes whether the database answered: without news nobody else asks it. Throws what the work throws. */
export async function noteReachable(
  metrics: Pick<AlerterMetrics, 'databaseReachable'>,
  work: () => Promise<void>,
): Promise<void> {
  try {
    await work();
  } catch (err) {
    if (isRetriableDatabaseError(err)) metrics.databaseReachable(false);
    throw err;
  }
  metrics.databaseReachable(true);
}
