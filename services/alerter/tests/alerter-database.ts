import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { systemClock } from '@payguard/shared/clock/clock';
import type { DatabasePool } from '@payguard/shared/database/connection-pool';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import type { AnnouncedRecord } from '@payguard/shared/kafka/announcer';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { createMetricsRegistry } from '@payguard/shared/telemetry/metrics';
import { openTestDatabase } from '../../../packages/shared/tests/database/open-test-database.ts';
import type { RoundDependencies } from '../src/handle-round.ts';
import { createAlerterMetrics } from '../src/metrics.ts';
import { alertsFile, NOW } from './alerter-fixtures.ts';

/** A migrated database and what the alerter needs around it; what it publishes is kept in `published`. */
export async function openAlerterDatabase(alerts: AlertsFile = alertsFile()) {
  const database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
  const published: AnnouncedRecord[] = [];
  const publish = async (records: AnnouncedRecord[]) => {
    published.push(...records);
  };
  const clock = { at: NOW, now: () => clock.at };
  const registry = createMetricsRegistry('alerter');
  const deps: RoundDependencies = {
    pool: database.pool,
    announcer: { publish, publishWithin: publish },
    alerts,
    clock,
    metrics: createAlerterMetrics(registry, () => undefined),
    log: createLogger('alerter', 'silent'),
    stopping: new AbortController().signal,
  };
  return { ...database, deps, published, clock, registry };
}

export type NoticeRow = { channel: string; dedupe_key: string; news: string; severity: string; due_at: string };

/** All notices, in the order in which they were written. */
export async function readNotices(pool: DatabasePool, about = '%'): Promise<NoticeRow[]> {
  return pool.query(
    {
      sql: `SELECT channel, dedupe_key, news, severity, due_at FROM alert_notices
            WHERE subject LIKE ? OR dedupe_key LIKE ? ORDER BY id`,
      dateStrings: true,
    },
    [about, about],
  );
}

/** `channel news`, sorted: who is told what. */
export async function readNews(pool: DatabasePool, about = '%'): Promise<string[]> {
  return (await readNotices(pool, about)).map(({ channel, news }) => `${channel} ${news}`).sort();
}
