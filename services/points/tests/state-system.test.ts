import { utcText } from '@payguard/shared/database/multi-row';
import { requestTotals } from '@payguard/shared/telemetry/job-total-names';
import { WECHATPAY_OPERATIONS } from '@payguard/shared/telemetry/wechatpay-requests';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MCHID } from './order-fixtures.ts';
import { MINUTE, NOW, openStateWorld, SECOND } from './state-world.ts';

const DAY = 24 * 60 * MINUTE;

let world: Awaited<ReturnType<typeof openStateWorld>>;
beforeAll(async () => {
  world = await openStateWorld();
});
afterAll(() => world.drop());

describe('open mismatches', () => {
  it('are counted by kind, with the age of the oldest', async () => {
    const mismatch = (id: number, kind: string, state: string, detectedAt: number) => ({
      ...{
        id: String(id).padStart(32, '0'),
        kind,
        state,
        mchid: MCHID,
        system_status: 'pending',
        wechat_status: 'SUCCESS',
      },
      ...{ detected_at: utcText(detectedAt), state_at: utcText(detectedAt), received_at: utcText(detectedAt) },
    });
    await world.insert('mismatches', [
      mismatch(1, 'amount_mismatch', 'open', NOW - 5 * MINUTE),
      mismatch(2, 'amount_mismatch', 'open', NOW - MINUTE),
      mismatch(3, 'amount_mismatch', 'resolved', NOW - DAY),
    ]);
    await world.refresh();
    expect(await world.values('payguard_mismatches_open')).toMatchObject({ amount_mismatch: 2, unknown_order: 0 });
    const ages = await world.values('payguard_mismatches_open_oldest_age_seconds');
    expect(ages).toMatchObject({ amount_mismatch: 300, unknown_order: 0 });
  });
});

describe('refunds', () => {
  it('that are not at their end are counted by status', async () => {
    const at = utcText(NOW);
    const refunds = ['requested', 'PROCESSING', 'PROCESSING', 'ABNORMAL', 'SUCCESS', 'CLOSED'].map((status, n) => ({
      ...{ order_id: n, mchid: MCHID, out_refund_no: `R${n}`, amount: 1, status, created_at: at, updated_at: at },
    }));
    await world.insert('refunds', refunds);
    await world.refresh();
    expect(await world.values('payguard_refunds_open')).toEqual({ requested: 1, processing: 2, abnormal: 1 });
  });
});

describe('alerts that wait', () => {
  it('are counted by channel, overdue since they were due; channels nobody serves any more are gone', async () => {
    await world.insert('alert_channels', [
      { channel: 'dingtalk', lease_until: utcText(NOW + 20 * SECOND) },
      { channel: 'dead', lease_until: utcText(NOW - 2 * DAY) },
      { channel: 'gone', lease_until: utcText(NOW - 2 * DAY) },
    ]);
    const notice = (channel: string, key: string, state: string, dueAt: number) => ({
      ...{ channel, dedupe_key: key, subject: key, news: 'opened', severity: 'critical', state },
      ...{ due_at: utcText(dueAt), created_at: utcText(dueAt) },
    });
    await world.insert('alert_notices', [
      notice('dingtalk', 'a', 'sent', NOW - MINUTE),
      notice('dingtalk', 'b', 'pending', NOW + MINUTE),
      notice('dead', 'a', 'pending', NOW - MINUTE),
      notice('dead', 'b', 'sending', NOW - SECOND),
    ]);
    await world.refresh();
    expect(await world.values('payguard_alert_notices_pending')).toEqual({ dingtalk: 1, dead: 2 });
    const ages = await world.values('payguard_alert_notices_pending_oldest_age_seconds');
    expect(ages).toEqual({ dingtalk: 0, dead: 60 });
  });

  it('and credits that the shop is not told of, too', async () => {
    const notification = (id: string, nextAttemptAt: number | null) => ({
      ...{
        id,
        mchid: MCHID,
        out_trade_no: id,
        repaired: 1,
        body: '{}',
        state: nextAttemptAt === null ? 'sent' : 'pending',
      },
      ...{ next_attempt_at: utcText(nextAttemptAt), created_at: utcText(NOW - 30 * SECOND) },
    });
    await world.insert('shop_notifications', [notification('a', NOW + MINUTE), notification('b', null)]);
    await world.refresh();
    expect(await world.values('payguard_shop_notifications_pending')).toEqual({ '': 1 });
    expect(await world.values('payguard_shop_notifications_pending_oldest_age_seconds')).toEqual({ '': 30 });
  });
});

describe('jobs', () => {
  it('show when they last began and ended well', async () => {
    const run = (job: string, startedAt: number, outcome: string, finishedAt: number | null) => ({
      ...{ job, run_by: 'host', outcome, counts: '{}' },
      ...{ started_at: utcText(startedAt), finished_at: utcText(finishedAt) },
    });
    await world.insert('job_runs', [
      run('poll', NOW - 3 * MINUTE, 'ended', NOW - 2 * MINUTE),
      run('poll', NOW - 2 * MINUTE, 'stopped', NOW - MINUTE),
      run('poll', NOW - MINUTE, 'running', null),
      run('probe', NOW - MINUTE, 'running', null),
    ]);
    await world.refresh();
    const starts = await world.values('payguard_job_last_start_timestamp_seconds');
    expect(starts).toEqual({ poll: NOW / 1000 - 60, probe: NOW / 1000 - 60 });
    expect(await world.values('payguard_job_last_success_timestamp_seconds')).toEqual({ poll: NOW / 1000 - 120 });
  });

  it('show the duration of requests from zero on, so that a rate sees the first of them', async () => {
    await world.refresh();
    const lines = (await world.text('payguard_wechatpay_request_duration_seconds')).split('\n');
    for (const operation of WECHATPAY_OPERATIONS) {
      const labels = `task="poll",operation="${operation}"`;
      expect(lines).toContain(`payguard_wechatpay_request_duration_seconds_bucket{${labels},le="+Inf"} 0`);
      expect(lines).toContain(`payguard_wechatpay_request_duration_seconds_count{${labels}} 0`);
    }
  });

  it('show what they have counted, and their requests to WeChat Pay as a counter and a histogram', async () => {
    const totals = new Map([['paid', 7]]);
    for (const durationMs of [15, 150, 150, 9_000]) {
      const request = { api: 'query', outcome: 'answered', code: null, durationMs };
      for (const [name, count] of requestTotals(request)) totals.set(name, (totals.get(name) ?? 0) + count);
    }
    await world.insert(
      'job_totals',
      [...totals].map(([name, value]) => ({ job: 'poll', name, value })),
    );
    await world.refresh();
    expect(await world.values('payguard_job_counts_total')).toEqual({ 'poll paid': 7 });
    const requests = await world.values('payguard_wechatpay_requests_total');
    expect(requests).toMatchObject({ 'poll query ok': 4, 'poll query timeout': 0, 'poll refund ok': 0 });
    const durations = await world.text('payguard_wechatpay_request_duration_seconds');
    const ofQueries = durations.split('\n').filter((line) => line.startsWith('#') || line.includes('"query"'));
    expect(ofQueries.join('\n')).toMatchInlineSnapshot(`
      "# HELP payguard_wechatpay_request_duration_seconds One request to the WeChat Pay API, from sending to its verified answer
      # TYPE payguard_wechatpay_request_duration_seconds histogram
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="0.02"} 1
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="0.05"} 1
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="0.1"} 1
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="0.2"} 3
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="0.5"} 3
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="1"} 3
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="2"} 3
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="2.5"} 3
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="4"} 3
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="5"} 3
      payguard_wechatpay_request_duration_seconds_bucket{task="poll",operation="query",le="+Inf"} 4
      payguard_wechatpay_request_duration_seconds_sum{task="poll",operation="query"} 9.315
      payguard_wechatpay_request_duration_seconds_count{task="poll",operation="query"} 4"
    `);
  });
});

describe('what is outside', () => {
  it("shows each callback URL's last probe while it is being probed", async () => {
    const probe = (url: string, startedAt: number, finding: string, latency: number | null) => ({
      ...{ url, started_at: utcText(startedAt), finding, sentence: '', latency_ms: latency },
      tls_not_after: utcText(NOW + DAY),
    });
    await world.insert('callback_probes', [
      probe('https://pay.example.com', NOW - 2 * MINUTE, 'ok', 40),
      probe('https://pay.example.com', NOW - MINUTE, 'tls_expired', null),
      probe('https://old.example.com', NOW - 2 * DAY, 'ok', 40),
    ]);
    await world.refresh();
    expect(await world.values('payguard_probe_success')).toEqual({ 'https://pay.example.com': 0 });
    const findings = Object.entries(await world.values('payguard_probe_finding')).filter(([, value]) => value === 1);
    expect(findings).toEqual([['https://pay.example.com tls_expired', 1]]);
    expect(await world.values('payguard_probe_duration_seconds')).toEqual({});
    const expiry = await world.values('payguard_probe_tls_expiry_timestamp_seconds');
    expect(expiry).toEqual({ 'https://pay.example.com': (NOW + DAY) / 1000 });
  });

  it('no longer shows a URL that the last run to end well has left out', async () => {
    const run = (startedAt: number, outcome: string) => ({
      ...{ job: 'probe', run_by: 'host', outcome, counts: '{}' },
      ...{ started_at: utcText(startedAt), finished_at: utcText(startedAt + SECOND) },
    });
    // It may have been stopped before that URL's turn.
    await world.insert('job_runs', [run(NOW - MINUTE, 'ended'), run(NOW - 30 * SECOND, 'stopped')]);
    await world.refresh();
    expect(await world.values('payguard_probe_success')).toEqual({ 'https://pay.example.com': 0 });
    await world.insert('job_runs', [run(NOW - 20 * SECOND, 'ended')]);
    await world.refresh();
    expect(await world.values('payguard_probe_success')).toEqual({});
    expect(await world.values('payguard_probe_finding')).toEqual({});
  });

  it("shows our clock against WeChat Pay's, while it is being measured", async () => {
    const gauge = (label: string, value: number, at: number) => ({
      ...{ name: 'clock_offset_seconds', label, value, observed_at: utcText(at) },
    });
    await world.insert('job_gauges', [gauge(MCHID, -1.5, NOW - MINUTE), gauge('1900000999', 3, NOW - 16 * MINUTE)]);
    await world.refresh();
    expect(await world.values('payguard_clock_offset_seconds')).toEqual({ [MCHID]: -1.5 });
  });
});

describe('a part that cannot be read', () => {
  it('keeps no other from being read, and the time of the last full reading stays', async () => {
    await world.refresh(NOW);
    await world.pool.query('RENAME TABLE payment_orders TO payment_orders_away');
    await world.insert('job_totals', [{ job: 'probe', name: 'asked', value: 3 }]);
    await expect(world.refresh(NOW + MINUTE)).rejects.toThrow('cannot read orders');
    await world.pool.query('RENAME TABLE payment_orders_away TO payment_orders');
    expect(await world.values('payguard_job_counts_total')).toMatchObject({ 'probe asked': 3 });
    expect(await world.values('payguard_state_updated_timestamp_seconds')).toEqual({ '': NOW / 1000 });
  });
});
