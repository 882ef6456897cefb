import type { Clock } from '@payguard/shared/clock/clock';
import { DEFAULT_LEGACY_OPTIONS } from '@payguard/shared/database/legacy-upgrade/legacy-options';
import { migrate } from '@payguard/shared/database/migrate';
import type { BudgetShare } from '@payguard/shared/request-budget/budget-shares';
import { createRequestBudget } from '@payguard/shared/request-budget/request-budget';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openTestDatabase, type TestDatabase, testClock } from '../database/open-test-database.ts';

const RATE = 40;
/** A minute and a half pass in nine seconds. */
const SPEED = 10;
const RUN_MS = 90_000;
const MINUTE_MS = 60_000;
/** Callers that wait in line at once, as a poll's workers do. */
const CALLERS = 24;

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await migrate({ pool: database.pool, clock: testClock, legacy: DEFAULT_LEGACY_OPTIONS });
});
afterAll(() => database.drop());

it('two polls and a checkout together never pass the budget by 2 % in any minute, and use 95 % of it', async () => {
  const clock = fastClock();
  const end = clock.now() + RUN_MS;
  const granted = await Promise.all([
    useUp('1900000001', 'poll', clock, end),
    useUp('1900000001', 'poll', clock, end),
    useUp('1900000001', 'checkout', clock, end),
  ]);
  const times = granted.flat().sort((a, b) => a - b);
  expect(busiestMinute(times)).toBeLessThanOrEqual(RATE * 60 * 1.02);
  expect(times.length).toBeGreaterThanOrEqual((RATE * RUN_MS * 0.95) / 1_000);
  // The checkout's own share is never eaten up by the polls.
  expect(granted[2]?.length).toBeGreaterThanOrEqual((RATE * 0.24 * RUN_MS) / 1_000);
});

it('a poll alone gets what the others leave unused', async () => {
  const clock = fastClock();
  const end = clock.now() + RUN_MS / 3;
  const times = await useUp('1900000002', 'poll', clock, end);
  expect(times.length).toBeGreaterThanOrEqual((RATE * (RUN_MS / 3) * 0.95) / 1_000);
});

it('merchants do not share a budget', async () => {
  const clock = fastClock();
  const end = clock.now() + 10_000;
  const both = await Promise.all(['1900000003', '1900000004'].map((mchid) => useUp(mchid, 'poll', clock, end)));
  for (const times of both) expect(times.length).toBeGreaterThanOrEqual(RATE * 10 * 0.9);
});

it('turns away who would have to wait too long, and everybody once it is closed', async () => {
  const clock = fastClock();
  const budget = open('1900000005', 'operators', clock);
  const soon = Array.from({ length: 400 }, () => budget.take(clock.now() + 2_000));
  const answers = await Promise.all(soon);
  expect(answers).toContain(true);
  expect(answers).toContain(false);
  const waiting = Array.from({ length: 400 }, () => budget.take(clock.now() + 600_000));
  await waiting[0];
  budget.close();
  expect(await Promise.all(waiting)).toContain(false);
  expect(await budget.take(clock.now() + 1_000)).toBe(false);
});

function open(mchid: string, share: BudgetShare, clock: Clock) {
  const log = createLogger('test', 'silent');
  return createRequestBudget({ pool: database.pool, clock, log, mchid, share, requestsPerSecond: RATE });
}

/** Takes all it gets until the end, and answers when it got each. */
async function useUp(mchid: string, share: BudgetShare, clock: Clock, end: number): Promise<number[]> {
  const budget = open(mchid, share, clock);
  const times: number[] = [];
  const caller = async () => {
    while (clock.now() < end && (await budget.take(end))) times.push(clock.now());
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  budget.close();
  return times;
}

function busiestMinute(times: readonly number[]): number {
  let from = 0;
  let most = 0;
  for (const [to, time] of times.entries()) {
    while ((times[from] ?? time) < time - MINUTE_MS) from += 1;
    most = Math.max(most, to - from + 1);
  }
  return most;
}

function fastClock(): Clock {
  const startedAt = performance.now();
  const base = testClock.now();
  return { now: () => base + (performance.now() - startedAt) * SPEED };
}
