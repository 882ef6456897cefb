import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { handleRound } from '../src/handle-round.ts';
import { openAlerterDatabase, readNews } from './alerter-database.ts';
import {
  alertsFile,
  creditEvent,
  creditRecord,
  MCHID,
  mismatchEvent,
  mismatchRecord,
  rawRecord,
} from './alerter-fixtures.ts';

const TRACE = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

let alerter: Awaited<ReturnType<typeof openAlerterDatabase>>;
beforeAll(async () => {
  const shop = { url: 'http://127.0.0.1:9/', secretFile: '/nowhere' };
  alerter = await openAlerterDatabase(alertsFile({ shop }));
});
afterAll(() => alerter.drop());
beforeEach(() => {
  alerter.published.length = 0;
});

async function handle(...records: Parameters<typeof handleRound>[0]): Promise<void> {
  await (await handleRound(records, alerter.deps))();
}

async function count(table: string, where: string, value: string): Promise<number> {
  const rows: { found: number }[] = await alerter.pool.query(`SELECT COUNT(*) AS found FROM ${table} WHERE ${where}`, [
    value,
  ]);
  return rows[0]?.found ?? 0;
}

describe('a round', () => {
  it('opens mismatches and tells both channels, with the trace of the event; delivered again it changes nothing', async () => {
    const event = mismatchEvent('ROUND_OPEN');
    const record = mismatchRecord(event, { traceparent: TRACE });
    for (let time = 0; time < 3; time += 1) await handle(record, record);
    expect(await readNews(alerter.pool, `mismatch:${event.id}`)).toEqual(['desk opened', 'page opened']);
    expect(await count('alert_notices', 'traceparent = ?', TRACE)).toBe(2);
    const text = await alerter.registry.metrics();
    expect(text).toContain('payguard_mismatch_events_total{state="open",result="opened",service="alerter"} 1');
    expect(text).toContain('payguard_mismatch_events_total{state="open",result="unchanged",service="alerter"} 5');
  });

  it('buries what nobody can read, and what a person closed without a name; the others go through', async () => {
    const headers = { ce_type: 'payment.mismatch.v1', ce_id: 'x' };
    const good = mismatchEvent('ROUND_GOOD');
    await handle(
      rawRecord('payment.mismatch', '{not json', headers, { offset: 4 }),
      mismatchRecord(good),
      mismatchRecord(mismatchEvent('ROUND_NAMELESS', { state: 'resolved', handled_reason: 'why' })),
      mismatchRecord(mismatchEvent('ROUND_NAMELESS', { state: 'dismissed', handled_by: '李薇', handled_reason: '' })),
    );
    expect(
      alerter.published.map(({ topic, headers: { dlq_reason, dlq_consumer } }) => [topic, dlq_consumer, dlq_reason]),
    ).toEqual([
      ['payment.mismatch.dlq', 'alerter', 'the value is not JSON'],
      ['payment.mismatch.dlq', 'alerter', 'handled_by: a mismatch is resolved by a named person only'],
      ['payment.mismatch.dlq', 'alerter', 'handled_reason: a mismatch is dismissed for a reason only'],
    ]);
    expect(await count('mismatches', 'id = ?', good.id)).toBe(1);
  });

  it('buries an event that the database refuses, alone', async () => {
    const events = Array.from({ length: 20 }, (_, n) => mismatchEvent(`ROUND_POISON_${n}`));
    // Times before the year 0 exist in RFC 3339's grammar and in no column.
    const records = events.map((event, n) =>
      mismatchRecord(
        n === 7
          ? { ...event, system_amount: Number.MAX_SAFE_INTEGER, detected_at: '0000-01-01T00:00:00+14:00' }
          : event,
        { offset: n },
      ),
    );
    await handle(...records);
    expect(alerter.published.map((each) => each.headers.dlq_offset)).toEqual(['7']);
    expect(await count('mismatches', 'out_trade_no LIKE ?', 'ROUND_POISON_%')).toBe(19);
  });

  it('is tried again when two processes open the same mismatch at the same moment', async () => {
    const events = Array.from({ length: 30 }, (_, n) => mismatchEvent(`ROUND_RACE_${n}`));
    await Promise.all([
      handle(...events.map((event) => mismatchRecord(event))),
      handle(...[...events].reverse().map((event) => mismatchRecord(event))),
    ]);
    expect(alerter.published).toEqual([]);
    expect(await count('mismatches', 'out_trade_no LIKE ?', 'ROUND_RACE_%')).toBe(30);
    const ids = new Set(events.map(({ id }) => `mismatch:${id}:opened`));
    const keys: { dedupe_key: string }[] = await alerter.pool.query('SELECT dedupe_key FROM alert_notices');
    expect(keys.filter(({ dedupe_key }) => ids.has(dedupe_key))).toHaveLength(60);
  });
});

describe('a credit', () => {
  it('that was repaired is told to the shop, once', async () => {
    const event = creditEvent('SHOP_0001');
    await handle(creditRecord(event, { traceparent: TRACE }), creditRecord(event));
    await handle(creditRecord(event));
    const rows: Record<string, unknown>[] = await alerter.pool.query('SELECT * FROM shop_notifications');
    expect(rows).toMatchObject([
      {
        id: `credit:${MCHID}:SHOP_0001`,
        mchid: MCHID,
        out_trade_no: 'SHOP_0001',
        repaired: 1,
        state: 'pending',
        attempts: 0,
        traceparent: TRACE,
      },
    ]);
    expect(JSON.parse(String(rows[0]?.body))).toEqual({
      type: 'points.credited',
      timestamp: event.credited_at,
      data: event,
    });
  });

  it('that came by its callback is told only where the shop wants all', async () => {
    const event = creditEvent('SHOP_0002', { repaired: false, witness: 'callback' });
    await handle(creditRecord(event));
    expect(await count('shop_notifications', 'out_trade_no = ?', 'SHOP_0002')).toBe(0);
    const shop = { url: 'http://127.0.0.1:9/', secretFile: '/nowhere', credits: 'all' };
    await (await handleRound([creditRecord(event)], { ...alerter.deps, alerts: alertsFile({ shop }) }))();
    expect(await count('shop_notifications', 'out_trade_no = ?', 'SHOP_0002')).toBe(1);
  });

  it('is told to nobody where no shop is named', async () => {
    await (await handleRound([creditRecord(creditEvent('SHOP_0003'))], { ...alerter.deps, alerts: alertsFile() }))();
    expect(await count('shop_notifications', 'out_trade_no = ?', 'SHOP_0003')).toBe(0);
  });
});
