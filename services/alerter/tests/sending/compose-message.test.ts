import type { MismatchView, News } from '@payguard/shared/alerting/alert-message';
import { describe, expect, it } from 'vitest';
import { boundedCode } from '../../src/sending/bounded-code.ts';
import { composeItems, composeMessage, titleOf } from '../../src/sending/compose-message.ts';
import type { WaitingNotice } from '../../src/sending/waiting-notices.ts';

let nextId = 1;

function notice(subject: string, news: News, differences: Partial<WaitingNotice> = {}): WaitingNotice {
  const id = nextId++;
  const dedupeKey = `${subject}:${news}`;
  return {
    id,
    dedupeKey,
    subject,
    news,
    severity: 'warning',
    payload: null,
    traceparent: null,
    dueAt: id,
    ...differences,
  };
}

function mismatch(id: string, state: MismatchView['state'] = 'open'): [string, MismatchView] {
  const order = { mchid: '1900000109', out_trade_no: `RECHARGE_${id}`, transaction_id: null, refund_id: null };
  const amounts = { system_amount: 100, wechat_amount: 100, system_status: 'pending', wechat_status: 'SUCCESS' };
  const handled = { handledBy: null, handledReason: null };
  return [id, { id, kind: 'paid_not_recorded', state, detectedAt: 1, stateAt: 1, ...order, ...amounts, ...handled }];
}

function alert(startsAt: number, endsAt: number | null = null): string {
  return JSON.stringify({ name: 'PayguardProbeFailing', labels: {}, annotations: {}, startsAt, endsAt });
}

const at = { deliveryId: 7, at: 1_000 };

describe('composeItems', () => {
  it('tells the gravest first, then by age', () => {
    const notices = [
      notice('mismatch:a', 'opened'),
      notice('mismatch:b', 'opened', { severity: 'critical' }),
      notice('mismatch:c', 'opened', { severity: 'info' }),
      notice('mismatch:d', 'opened', { severity: 'critical' }),
    ];
    const items = composeItems(notices, new Map(['a', 'b', 'c', 'd'].map((id) => mismatch(id))));
    expect(items.map((item) => (item.about === 'mismatch' ? item.mismatch.id : ''))).toEqual(['b', 'd', 'a', 'c']);
    expect(composeMessage(notices, items, at)).toMatchObject({ severity: 'critical', at: 1_000, insteadOf: null });
    expect(titleOf(items)).toBe('paid_not_recorded x 4');
  });

  it('makes one item of what opened and ended in the same message, whatever their order', () => {
    const pair = [notice('mismatch:a', 'opened'), notice('mismatch:a', 'ended')];
    for (const notices of [pair, pair.toReversed()]) {
      const items = composeItems(notices, new Map([mismatch('a', 'resolved')]));
      expect(items).toMatchObject([{ news: 'ended', mismatch: { state: 'resolved' } }]);
    }
  });

  it('tells of an alert that ended and fires again that it fires', () => {
    const notices = [
      notice('alert:f', 'ended', { payload: alert(1, 2) }),
      notice('alert:f', 'opened', { payload: alert(3) }),
    ];
    expect(composeItems(notices, new Map())).toMatchObject([
      { news: 'opened', about: 'alert', alert: { startsAt: 3 } },
    ]);
  });

  it('tells of an alert that fires, ends and fires again under the same start that it fires', () => {
    const notices = (['opened', 'ended', 'opened'] as const).map((news) =>
      notice('alert:f', news, { payload: alert(1) }),
    );
    expect(composeItems(notices.toReversed(), new Map())).toMatchObject([{ news: 'opened', about: 'alert' }]);
  });

  it('tells what the alerter says of itself as it was said last', () => {
    const said = (news: News, en: string) =>
      notice('alerter:watchdog', news, { payload: JSON.stringify({ zh: '', en }) });
    const notices = [said('opened', 'silent'), said('ended', 'back'), said('opened', 'silent again')];
    expect(composeItems(notices, new Map())).toMatchObject([{ news: 'opened', text: { en: 'silent again' } }]);
  });

  it('counts the digests that it does not list', () => {
    const items = composeItems([notice('mismatch:a', 'digest')], new Map([mismatch('a', 'auto_repaired')]), 2_500);
    expect(items).toMatchObject([
      { about: 'mismatch' },
      { news: 'digest', severity: 'info', text: { en: expect.stringContaining('2500') } },
    ]);
  });

  it('says that there is something even where its details cannot be read', () => {
    const notices = [notice('mismatch:gone', 'opened'), notice('alert:f', 'opened', { payload: '{' })];
    const items = composeItems(notices, new Map());
    expect(items.map((item) => (item.about === 'alerter' ? item.text.en : ''))).toEqual([
      expect.stringContaining('mismatch:gone'),
      expect.stringContaining('alert:f'),
    ]);
  });
});

describe('composeMessage', () => {
  it('says for whom it stands in when all of it was meant for one channel', () => {
    const via = (from: string) => ({ dedupeKey: `via:${from}:mismatch:a:opened` });
    const insteadOf = (...froms: string[]) => {
      const notices = froms.map((from) => notice('mismatch:a', 'opened', from === '' ? {} : via(from)));
      return composeMessage(notices, composeItems(notices, new Map()), at).insteadOf;
    };
    expect(insteadOf('wecom', 'wecom')).toBe('wecom');
    expect(insteadOf('wecom', 'ding-talk')).toBeNull();
    expect(insteadOf('wecom', '')).toBeNull();
  });
});

describe('boundedCode', () => {
  it('keeps the codes that people look up and makes classes of the others', () => {
    const codes = ['130101', 'timeout', 'http_503', 'smtp_451', '123456', 'whatever'];
    expect(codes.map(boundedCode)).toEqual(['130101', 'timeout', 'http_5xx', 'smtp_4xx', 'other', 'other']);
  });
});
