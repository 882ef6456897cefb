import { routeAlert, routeMismatch, severityOf } from '@payguard/shared/alerting/route-news';
import type { PaymentMismatch } from '@payguard/shared/events/payment-mismatch';
import { mismatchKindSchema } from '@payguard/shared/events/payment-mismatch';
import { describe, expect, it } from 'vitest';
import { toMismatch } from '../src/mismatches/merge-mismatch.ts';
import { planNotices } from '../src/notices/plan-notices.ts';
import { alertsFile, mismatchEvent, NOW } from './alerter-fixtures.ts';

type State = PaymentMismatch['state'];

const SETTINGS = alertsFile({ digest: { at: ['09:00'], to: ['desk'] } });
/** 09:00 in Shanghai on that day. */
const NINE = NOW + 60 * 60_000;

function plan(before: State | null, after: State, told: string[] = [], settings = SETTINGS) {
  const at = (state: State) => toMismatch(mismatchEvent('PLAN_0001', { state }));
  const change = { before: before === null ? undefined : at(before), after: at(after), traceparent: 'the trace' };
  return planNotices(change, told, settings, NOW);
}

const news = (...args: Parameters<typeof plan>) => plan(...args).map((each) => `${each.channel} ${each.news}`);

describe('what is told of a change', () => {
  it.each([
    [null, 'open', [], ['page opened', 'desk opened']],
    [null, 'auto_repaired', [], ['desk digest']],
    [null, 'resolved', [], []],
    [null, 'dismissed', [], []],
    ['open', 'open', ['page'], []],
    ['open', 'auto_repaired', ['page'], ['page ended']],
    ['open', 'resolved', ['page', 'desk'], ['page ended', 'desk ended']],
    ['open', 'dismissed', ['page'], ['page ended']],
    ['open', 'auto_repaired', [], ['desk digest']],
    ['open', 'resolved', [], []],
    ['auto_repaired', 'resolved', [], []],
    ['resolved', 'resolved', [], []],
  ] as const)('from %s to %s, told before: %j → %j', (before, after, told, expected) => {
    expect(news(before, after, [...told])).toEqual(expected);
  });

  it('is a page at once when critical, and waits for company otherwise', () => {
    const [opened] = plan(null, 'open');
    expect(opened).toMatchObject({ severity: 'critical', dueAt: NOW + 1_000, traceparent: 'the trace' });
    const [ended] = plan('open', 'auto_repaired', ['page']);
    expect(ended).toMatchObject({ severity: 'info', dueAt: NOW + 30_000 });
    const [digest] = plan(null, 'auto_repaired');
    expect(digest).toMatchObject({ severity: 'info', dueAt: NINE });
  });

  it('of a repair that nobody was told of is nothing where no digest is wanted', () => {
    expect(news(null, 'auto_repaired', [], alertsFile())).toEqual([]);
  });

  it('names each piece of news of a mismatch so that it is told once', () => {
    const { id } = mismatchEvent('PLAN_0001');
    const keys = [...plan(null, 'open'), ...plan('open', 'resolved', ['page'])].map((each) => each.dedupeKey);
    expect([...new Set(keys)]).toEqual([`mismatch:${id}:opened`, `mismatch:${id}:ended`]);
  });
});

describe('severity and route', () => {
  it('are critical where money is missing or wrong, unless alerts.yaml says otherwise', () => {
    const critical = mismatchKindSchema.options.filter((kind) => severityOf({ kind }, SETTINGS) === 'critical');
    expect(critical).toEqual([
      'paid_not_recorded',
      'amount_mismatch',
      'identity_mismatch',
      'duplicate_payment',
      'missing_at_wechat',
      'ledger_mismatch',
    ]);
    const settings = alertsFile({ severities: { unknown_order: 'critical', paid_not_recorded: 'info' } });
    expect(severityOf({ kind: 'unknown_order' }, settings)).toBe('critical');
    expect(severityOf({ kind: 'paid_not_recorded' }, settings)).toBe('info');
  });

  it('are those of the first route that takes it, kinds and alerts apart', () => {
    const settings = alertsFile({
      routes: [
        { kinds: ['bill_missing'], to: ['desk'] },
        { alerts: ['PayguardProbeFailing'], to: ['desk'] },
        { severities: ['critical'], to: ['page', 'page'] },
      ],
    });
    expect(routeMismatch({ kind: 'bill_missing' }, settings)).toEqual(['desk']);
    expect(routeMismatch({ kind: 'amount_mismatch' }, settings)).toEqual(['page']);
    expect(routeMismatch({ kind: 'unknown_order' }, settings)).toEqual([]);
    expect(routeAlert('PayguardProbeFailing', 'critical', settings)).toEqual(['desk']);
    expect(routeAlert('PayguardOther', 'critical', settings)).toEqual(['page']);
    expect(routeAlert('PayguardOther', 'warning', settings)).toEqual([]);
  });
});
