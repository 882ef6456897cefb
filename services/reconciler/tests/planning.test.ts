import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { afterVerdict, type Circuit, FLOWING, flowOf, type Verdict } from '../src/poll/circuit.ts';
import { endOfRun } from '../src/poll/end-of-run.ts';
import { type CheckState, planAfterAnswer, whyGivenUp } from '../src/poll/next-order-check.ts';
import { planAfterRefund } from '../src/poll/next-refund-check.ts';
import { backlogShare } from '../src/poll/share-lanes.ts';

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const NOW = Date.UTC(2026, 10, 11);
const NOTHING_YET: CheckState = { confirmedAt: null, reportedAt: null, missingSince: null };
const UNAVAILABLE = { outcome: 'unavailable', status: null, code: null, requestId: null } as const;
const NOT_EXIST = { outcome: 'not_exist' } as const;
const NOTPAY = { outcome: 'unpaid', tradeState: 'NOTPAY' } as const;

describe('the end of a run', () => {
  it.each([
    [0, 55, 55],
    [49, 55, 55],
    [51, 55, 115],
    [57, 55, 115],
    [10, 0, 60],
    [10, 59, 59],
  ])('started at second %i with last second %i is second %i', (start, last, end) => {
    expect(endOfRun(NOW + start * SECOND, last)).toBe(NOW + end * SECOND);
  });
});

describe('the lanes', () => {
  it('give the backlog one order in five, however the room comes', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (rooms) => {
        let handedOut = 0;
        let backlog = 0;
        for (const room of rooms) {
          backlog += backlogShare(handedOut, room);
          handedOut += room;
        }
        expect(backlog).toBe(Math.floor(handedOut / 5));
      }),
    );
  });
});

describe('closing an order that WeChat Pay does not call closed', () => {
  const term = { createdAt: NOW, expiresAt: NOW + HOUR };
  const gone: CheckState = { ...NOTHING_YET, missingSince: NOW + HOUR };

  it('takes two ORDER_NOT_EXIST an hour apart, both after its end', () => {
    expect(whyGivenUp(term, gone, NOT_EXIST, NOW + 2 * HOUR)).toBe('ORDER_NOT_EXIST');
    expect(whyGivenUp(term, gone, NOT_EXIST, NOW + 2 * HOUR - 1)).toBeUndefined();
    expect(whyGivenUp(term, NOTHING_YET, NOT_EXIST, NOW + DAY)).toBeUndefined();
    expect(whyGivenUp({ ...term, expiresAt: NOW + DAY }, gone, NOT_EXIST, NOW + 3 * HOUR)).toBeUndefined();
  });

  it('takes NOTPAY past its end and seven days, and never a payer who is typing the password', () => {
    expect(whyGivenUp(term, NOTHING_YET, NOTPAY, NOW + 7 * DAY + 1)).toBe('NOTPAY');
    expect(whyGivenUp(term, NOTHING_YET, NOTPAY, NOW + 7 * DAY)).toBeUndefined();
    const late = { ...term, expiresAt: NOW + 8 * DAY };
    expect(whyGivenUp(late, NOTHING_YET, NOTPAY, NOW + 7 * DAY + 1)).toBeUndefined();
    const typing = { outcome: 'unpaid', tradeState: 'USERPAYING' } as const;
    expect(whyGivenUp(term, NOTHING_YET, typing, NOW + 30 * DAY)).toBeUndefined();
  });

  it('never rests on anything that is no answer about the order', () => {
    const reasons = [
      'no_budget',
      'network',
      'timeout',
      'rate_limited',
      'server_error',
      'accepted',
      'untrusted',
    ] as const;
    for (const reason of [...reasons, 'not_wechatpay' as const]) {
      expect(whyGivenUp(term, gone, { ...UNAVAILABLE, reason }, NOW + 30 * DAY)).toBeUndefined();
    }
    const refused = { outcome: 'refused', status: 400, code: 'PARAM_ERROR', message: '', requestId: null } as const;
    expect(whyGivenUp(term, gone, refused, NOW + 30 * DAY)).toBeUndefined();
  });

  it('forgets that it was gone when it is there again, and keeps it through an outage', () => {
    const after = (answer: Parameters<typeof planAfterAnswer>[2]) =>
      planAfterAnswer(term, gone, answer, NOW + 3 * HOUR, 0.5).missingSince;
    expect(after(NOTPAY)).toBeNull();
    expect(after({ ...UNAVAILABLE, reason: 'timeout' })).toBe(gone.missingSince);
    expect(after(NOT_EXIST)).toBe(gone.missingSince);
  });

  it('is looked at again when the hour is over', () => {
    const next = planAfterAnswer(term, NOTHING_YET, NOT_EXIST, NOW + 26 * HOUR, 0.5);
    expect(next).toMatchObject({ missingSince: NOW + 26 * HOUR, nextCheckAt: NOW + 27 * HOUR });
  });
});

describe('a pause', () => {
  const play = (circuit: Circuit, verdicts: Verdict[], now: number) =>
    verdicts.reduce((state, verdict) => afterVerdict(state, verdict, now), circuit);
  const tenFailures = Array.from({ length: 10 }, (): Verdict => 'away');

  it('begins with the tenth failure in a row, lets one probe through every 3 s, and ends with an answer', () => {
    expect(flowOf(play(FLOWING, tenFailures.slice(1), NOW), NOW)).toBe('free');
    const paused = play(FLOWING, tenFailures, NOW);
    expect(flowOf(paused, NOW + 3 * SECOND - 1)).toBe('paused');
    expect(flowOf(paused, NOW + 3 * SECOND)).toBe('probe');
    const again = afterVerdict(paused, 'away', NOW + 3 * SECOND);
    expect(flowOf(again, NOW + 4 * SECOND)).toBe('paused');
    expect(flowOf(afterVerdict(again, 'answered', NOW + 4 * SECOND), NOW + 4 * SECOND)).toBe('free');
  });

  it('does not begin while answers come in between, nor for requests that were never sent', () => {
    const mixed = Array.from({ length: 100 }, (_, n): Verdict => (n % 9 === 8 ? 'answered' : 'away'));
    expect(flowOf(play(FLOWING, mixed, NOW), NOW)).toBe('free');
    expect(play(FLOWING, ['unsent', 'unsent'], NOW)).toEqual(FLOWING);
  });

  it('begins at once where WeChat Pay refuses who we are, and grows to a minute', () => {
    let circuit = afterVerdict(FLOWING, 'misconfigured', NOW);
    const pauses: number[] = [];
    for (let now = NOW, turn = 0; turn < 7; turn += 1) {
      pauses.push((circuit.pausedUntil ?? 0) - now);
      now = circuit.pausedUntil ?? 0;
      circuit = afterVerdict(circuit, 'misconfigured', now);
    }
    expect(pauses.map((ms) => ms / SECOND)).toEqual([3, 6, 12, 24, 48, 60, 60]);
  });
});

describe('a refund', () => {
  const first = { attempts: 1, isNewAtWechatPay: true };

  it('is asked about after 1, 5, 10, 20 and 30 minutes', () => {
    const refund = {} as never;
    const minutes = [1, 2, 3, 4, 5, 9].map(
      (attempts) =>
        (planAfterRefund({ outcome: 'published', refund }, { attempts, isNewAtWechatPay: false }, NOW).nextCheckAt -
          NOW) /
        MINUTE,
    );
    expect(minutes).toEqual([1, 5, 10, 20, 30, 30]);
  });

  it('is asked about a minute after its acceptance, however many looks that took', () => {
    const refund = {} as never;
    const late = planAfterRefund({ outcome: 'published', refund }, { attempts: 9, isNewAtWechatPay: true }, NOW);
    expect(late.nextCheckAt).toBe(NOW + MINUTE);
  });

  it('waits half an hour for money in the account, and six hours for a person', () => {
    const short = { ...UNAVAILABLE, reason: 'server_error', code: 'NOT_ENOUGH' } as const;
    expect(planAfterRefund(short, first, NOW)).toEqual({ nextCheckAt: NOW + 30 * MINUTE, needsPerson: false });
    const refused = { outcome: 'refused', status: 403, code: 'RULE_LIMIT', message: '', requestId: null } as const;
    expect(planAfterRefund(refused, first, NOW)).toEqual({ nextCheckAt: NOW + 6 * HOUR, needsPerson: true });
    expect(planAfterRefund({ ...refused, code: 'SIGN_ERROR' }, first, NOW).needsPerson).toBe(false);
  });
});
