import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { escalateDue } from '../src/escalation/escalate-due.ts';
import { rescheduleOpen } from '../src/escalation/reschedule-open.ts';
import { handleRound } from '../src/handle-round.ts';
import { openAlerterDatabase, readNotices } from './alerter-database.ts';
import { alertsFile, mismatchEvent, mismatchRecord, NOW } from './alerter-fixtures.ts';

const MINUTE_MS = 60_000;

let alerter: Awaited<ReturnType<typeof openAlerterDatabase>>;
beforeAll(async () => {
  const escalation = [
    { severity: 'critical', afterMinutes: 60, to: ['desk', 'page'] },
    { severity: 'critical', afterMinutes: 15, to: ['page'] },
    { severity: 'warning', afterMinutes: 120, to: ['desk'] },
  ];
  alerter = await openAlerterDatabase(alertsFile({ escalation }));
});
afterAll(() => alerter.drop());
beforeEach(() => {
  alerter.clock.at = NOW;
});

async function seen(event: ReturnType<typeof mismatchEvent>): Promise<void> {
  await (await handleRound([mismatchRecord(event)], alerter.deps))();
}

/** Lets so many minutes pass since NOW; two processes look at once. */
async function afterMinutes(minutes: number): Promise<void> {
  alerter.clock.at = NOW + minutes * MINUTE_MS;
  const { signal } = new AbortController();
  await Promise.all([escalateDue(alerter.deps, signal), escalateDue(alerter.deps, signal)]);
}

async function escalated(id: string): Promise<string[]> {
  const notices = await readNotices(alerter.pool, `mismatch:${id}`);
  return notices
    .filter(({ news }) => news === 'escalated')
    .map(({ channel, dedupe_key }) => `${channel} ${dedupe_key.split(':').at(-1)}`);
}

it('tells each step for its severity once, in order of time, also with two processes at once', async () => {
  const event = mismatchEvent('ESCALATE_1');
  await seen(event);
  await afterMinutes(14);
  expect(await escalated(event.id)).toEqual([]);
  await afterMinutes(15);
  await afterMinutes(16);
  expect(await escalated(event.id)).toEqual(['page 1']);
  await afterMinutes(60);
  await afterMinutes(10_000);
  expect(await escalated(event.id)).toEqual(['page 1', 'desk 2', 'page 2']);
});

it('counts from when it was found, so that an old one escalates at once, all steps that are due as one', async () => {
  const event = mismatchEvent('ESCALATE_2', { detected_at: new Date(NOW - 90 * MINUTE_MS).toISOString() });
  await seen(event);
  await afterMinutes(0);
  await afterMinutes(0.1);
  expect(await escalated(event.id)).toEqual(['page 2', 'desk 2']);
});

it('ends with the mismatch, and those who heard of it by escalation alone hear of its end', async () => {
  const event = mismatchEvent('ESCALATE_3', { kind: 'unknown_order' });
  await seen(event);
  await afterMinutes(130);
  expect(await escalated(event.id)).toEqual(['desk 1']);
  const other = mismatchEvent('ESCALATE_4');
  alerter.clock.at = NOW;
  await seen(other);
  await seen({ ...other, state: 'auto_repaired' });
  await afterMinutes(20_000);
  expect(await escalated(other.id)).toEqual([]);
  const news = (await readNotices(alerter.pool, `mismatch:${other.id}`)).map((each) => `${each.channel} ${each.news}`);
  expect(news).toEqual(['page opened', 'desk opened', 'desk ended', 'page ended']);
});

it('reaches those that were open before alerts.yaml had it, and ends where it has it no longer', async () => {
  const events = Array.from({ length: 201 }, (_, n) => mismatchEvent(`ESCALATE_OLD_${n}`));
  const { deps } = alerter;
  const records = events.map((event) => mismatchRecord(event));
  await (await handleRound(records, { ...deps, alerts: alertsFile() }))();
  const { signal } = new AbortController();
  const planned = async () => {
    const [row]: { planned: number }[] = await alerter.pool.query(
      "SELECT COUNT(next_escalation_at) AS planned FROM mismatches WHERE out_trade_no LIKE 'ESCALATE_OLD_%'",
    );
    return row?.planned;
  };
  expect(await planned()).toBe(0);
  await rescheduleOpen(deps, signal);
  expect(await planned()).toBe(201);
  await afterMinutes(15);
  expect(await escalated(events[0]?.id ?? '')).toEqual(['page 1']);
  await rescheduleOpen({ ...deps, alerts: alertsFile() }, signal);
  expect(await planned()).toBe(0);
});

it('works off more than one batch in a turn', async () => {
  const events = Array.from({ length: 450 }, (_, n) => mismatchEvent(`ESCALATE_MANY_${n}`));
  alerter.clock.at = NOW;
  await (
    await handleRound(
      events.map((event) => mismatchRecord(event)),
      alerter.deps,
    )
  )();
  await afterMinutes(15);
  const rows: { told: number }[] = await alerter.pool.query(
    "SELECT COUNT(*) AS told FROM mismatches WHERE out_trade_no LIKE 'ESCALATE_MANY_%' AND escalations = 1",
  );
  expect(rows[0]?.told).toBe(450);
});
