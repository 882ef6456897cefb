import type { DatabaseConnection, DatabasePool } from '@payguard/shared/database/connection-pool';
import { writeJobGauge } from '@payguard/shared/database/job-gauges';

/** Kept in the database: other pods, and this one after a restart, know it too. Unix time in seconds. */
const NAME = 'watchdog_last_seen';

/** Notes that the Watchdog was received at `seenAt` (ms UTC). */
export function writeWatchdogSeen(pool: DatabasePool, seenAt: number): Promise<void> {
  return writeJobGauge(pool, { name: NAME, label: '', value: seenAt / 1_000, observedAt: seenAt });
}

/** When any pod received the Watchdog last (ms UTC); null: never. */
export async function readWatchdogSeen(connection: Pick<DatabaseConnection, 'query'>): Promise<number | null> {
  const rows: { value: number }[] = await connection.query(
    "SELECT value FROM job_gauges WHERE name = ? AND label = ''",
    [NAME],
  );
  const [row] = rows;
  return row === undefined ? null : Math.round(row.value * 1_000);
}
