import { describe, expect, it } from 'vitest';
import { judgeCallback } from '../src/state/judge-callback.ts';

const TO = Date.parse('2026-11-11T12:00:00+08:00');
const window = { from: TO - 600_000, to: TO, shopTimeZone: 'Asia/Shanghai' };

const judge = (payment_time: string, callback_at: string | null) =>
  judgeCallback({ payment_time, callback_at }, window);

describe("a payment's callback", () => {
  it.each([
    ['the second after', '2026-11-11 03:55:01', 'in_time'],
    ['60 s after', '2026-11-11 03:56:00', 'in_time'],
    ['61 s after', '2026-11-11 03:56:01', 'late'],
    ['a second before, by our clock,', '2026-11-11 03:54:59', 'in_time'],
  ])('that came %s (%s) is %s', (_when, callbackAt, verdict) => {
    expect(judge('2026-11-11 11:55:00', callbackAt)).toBe(verdict);
  });

  it('that never came is missing', () => {
    expect(judge('2026-11-11 11:55:00', null)).toBe('missing');
  });

  it.each([
    ['2026-11-11 11:50:00', 'missing'],
    ['2026-11-11 11:49:59', 'elsewhere'],
    ['2026-11-11 11:59:59', 'missing'],
    ['2026-11-11 12:00:00', 'elsewhere'],
    ['0000-00-00 00:00:00', 'elsewhere'],
  ])('is counted where the payment (%s) lies in the window: %s', (paidAt, verdict) => {
    expect(judge(paidAt, null)).toBe(verdict);
  });
});
