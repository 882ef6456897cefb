import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import type { Clock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { inTransaction } from '@payguard/shared/database/transaction';
import type { AlerterMetrics } from '../metrics.ts';
import { readLastNotices } from '../notices/last-notices.ts';
import { insertNotices } from '../notices/notice.ts';
import { planWatchdogNotices, WATCHDOG_SUBJECT } from './watchdog-notices.ts';
import { readWatchdogSeen } from './watchdog-seen.ts';

export type WatchdogDependencies = {
  pool: DatabasePool;
  alerts: AlertsFile;
  clock: Clock;
  metrics: Pick<AlerterMetrics, 'watchdogSeen'>;
  /** ms UTC. */
  startedAt: number;
};

/** Looks whether the Watchdog still comes, and writes what is to be told of that. */
export async function checkWatchdog(deps: WatchdogDependencies): Promise<void> {
  const { pool, alerts, clock, startedAt } = deps;
  const lastSeen = await readWatchdogSeen(pool);
  deps.metrics.watchdogSeen(lastSeen ?? 0);
  const settings = alerts.watchdog;
  if (settings === undefined) return;
  await inTransaction(pool, async (connection) => {
    const last = await readLastNotices(connection, [WATCHDOG_SUBJECT]);
    const known = last.filter(({ channel }) => Object.hasOwn(alerts.channels, channel));
    const now = clock.now();
    await insertNotices(connection, planWatchdogNotices({ lastSeen, startedAt, last: known }, settings, now), now);
  });
}
