import { systemClock } from '@payguard/shared/clock/clock';
import { writeJobGauge } from '@payguard/shared/database/job-gauges';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase } from './open-test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: systemClock, legacy: DEFAULT_LEGACY_OPTIONS });
});
afterAll(() => database.drop());

it('keeps the latest figure of each name and label, in whatever order they come', async () => {
  const { pool } = database;
  const NOON = Date.UTC(2026, 10, 11, 12);
  const clock = { name: 'clock_offset_seconds', label: '1900000109' };
  await writeJobGauge(pool, { ...clock, value: 0.25, observedAt: NOON });
  await writeJobGauge(pool, { ...clock, value: -61.5, observedAt: NOON + 1 });
  await writeJobGauge(pool, { ...clock, value: 7, observedAt: NOON - 1 });
  await writeJobGauge(pool, { name: 'watchdog_last_seen', label: '', value: NOON / 1_000, observedAt: NOON });
  const rows = await pool.query({ sql: 'SELECT * FROM job_gauges ORDER BY name', dateStrings: true });
  expect(rows).toEqual([
    { ...clock, value: -61.5, observed_at: '2026-11-11 12:00:00.001' },
    { name: 'watchdog_last_seen', label: '', value: NOON / 1_000, observed_at: '2026-11-11 12:00:00.000' },
  ]);
});
