import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { noteReachable } from '../src/note-reachable.ts';
import { checkWatchdog } from '../src/watchdog/check-watchdog.ts';
import { writeWatchdogSeen } from '../src/watchdog/watchdog-seen.ts';
import { openAlerterDatabase, readNews } from './alerter-database.ts';
import { alertsFile, NOW } from './alerter-fixtures.ts';

const MINUTE_MS = 60_000;

let alerter: Awaited<ReturnType<typeof openAlerterDatabase>>;
beforeAll(async () => {
  alerter = await openAlerterDatabase(alertsFile({ watchdog: { silentAfterMinutes: 15, to: ['page', 'desk'] } }));
});
afterAll(() => alerter.drop());

/** A look at so many minutes after NOW, by a process that started at another. */
async function look(minutes: number, { startedAt = 0 } = {}): Promise<string[]> {
  alerter.clock.at = NOW + minutes * MINUTE_MS;
  await checkWatchdog({ ...alerter.deps, startedAt: NOW + startedAt * MINUTE_MS });
  return readNews(alerter.pool, 'alerter:watchdog');
}

const seen = (minutes: number) => writeWatchdogSeen(alerter.pool, NOW + minutes * MINUTE_MS);

it('that never came is told of once, when a process has waited for it, restarts included', async () => {
  expect(await look(14)).toEqual([]);
  expect(await look(15)).toEqual(['desk opened', 'page opened']);
  expect(await look(16)).toEqual(['desk opened', 'page opened']);
  expect(await look(100, { startedAt: 80 })).toEqual(['desk opened', 'page opened']);
});

it('that is back is told of once, and its next silence is news again', async () => {
  await seen(110);
  const back = ['desk ended', 'desk opened', 'page ended', 'page opened'];
  expect(await look(111)).toEqual(back);
  expect(await look(112)).toEqual(back);
  expect(await alerter.registry.metrics()).toContain(
    `payguard_watchdog_last_seen_timestamp_seconds{service="alerter"} ${(NOW + 110 * MINUTE_MS) / 1_000}`,
  );
  expect(await look(124)).toEqual(back);
  expect(await look(125)).toHaveLength(6);
  expect(await look(300)).toHaveLength(6);
  await seen(301);
  expect(await look(302)).toHaveLength(8);
});

it('has three minutes after a restart: a system that was down tells nothing at its start, one that restarts often does', async () => {
  expect(await look(992, { startedAt: 990 })).toHaveLength(8);
  expect(await look(993, { startedAt: 990 })).toHaveLength(10);
});

it('of a time before is not taken for a return', async () => {
  await seen(200);
  expect(await look(1_006, { startedAt: 990 })).toHaveLength(10);
});

it('is told of as back on the channel that took its silence over, after each silence', async () => {
  const watchdog = { silentAfterMinutes: 15, to: ['page'] };
  const deps = { ...alerter.deps, alerts: alertsFile({ watchdog }), startedAt: NOW };
  await alerter.pool.query('DELETE FROM alert_notices');
  for (const minutes of [2_000, 3_000]) {
    alerter.clock.at = NOW + minutes * MINUTE_MS;
    await checkWatchdog(deps);
    await alerter.pool.query(
      `UPDATE alert_notices SET channel = 'desk', dedupe_key = CONCAT('via:page:', dedupe_key) WHERE channel = 'page'`,
    );
    await seen(minutes);
    await checkWatchdog(deps);
  }
  expect(await readNews(alerter.pool)).toEqual(['desk ended', 'desk ended', 'desk opened', 'desk opened']);
});

it('is looked for in a database that does not answer: readiness and metric say so, without any traffic', async () => {
  const { deps, registry } = alerter;
  const nowhere = createDatabasePool({ url: 'mysql://nobody@127.0.0.1:9/none', acquireTimeoutMs: 300 });
  const watch = { ...deps, startedAt: NOW };
  await expect(noteReachable(deps.metrics, () => checkWatchdog({ ...watch, pool: nowhere }))).rejects.toThrow();
  await nowhere.end();
  expect(await registry.metrics()).toContain('payguard_database_up{service="alerter"} 0');
  await noteReachable(deps.metrics, () => checkWatchdog(watch));
  expect(await registry.metrics()).toContain('payguard_database_up{service="alerter"} 1');
});
