import { describe, expect, it } from 'vitest';
import { afterOutcome, asOf, type ChannelState, HEALTHY, RARE_RETRY_MS } from '../../src/sending/channel-state.ts';
import { nextShopAttempt } from '../../src/sending/shop/next-shop-attempt.ts';

const FAILED = { kind: 'failed', code: 'network', detail: '' } as const;
const REFUSED = { kind: 'refused', code: '93000', detail: '' } as const;
const THROTTLED = { kind: 'throttled', code: '130101', detail: '', retryAfterMs: 600_000 } as const;
const HOUR_MS = 3_600_000;

const at = (now: number, fallbackAfterMs: number | null = null) => ({ now, fallbackAfterMs, random: 0 });

describe('afterOutcome', () => {
  it('doubles the wait after each failure, up to a minute', () => {
    const waits: number[] = [];
    let state: ChannelState = HEALTHY;
    for (let n = 0; n < 9; n += 1) {
      state = afterOutcome(state, FAILED, at(0));
      waits.push(state.quietUntil ?? 0);
    }
    expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000));
    expect(state).toMatchObject({ failures: 9, failingSince: 0 });
  });

  it('keeps as quiet as a robot asks for', () => {
    expect(afterOutcome(HEALTHY, THROTTLED, at(0)).quietUntil).toBe(600_000);
  });

  it('tries what only a person can mend every five minutes', () => {
    expect(afterOutcome(HEALTHY, REFUSED, at(0)).quietUntil).toBe(RARE_RETRY_MS);
  });

  it('tries what the fallback has taken over every five minutes', () => {
    const first = afterOutcome(HEALTHY, FAILED, at(0, 10_000));
    expect(first.quietUntil).toBe(1_000);
    expect(afterOutcome(first, FAILED, at(10_000, 10_000)).quietUntil).toBe(10_000 + RARE_RETRY_MS);
  });

  it('forgets all failures with the first success', () => {
    const failing = { failures: 7, failingSince: 1, quietUntil: 2 };
    expect(afterOutcome(failing, { kind: 'sent', code: '0' }, at(3))).toEqual(HEALTHY);
  });
});

describe('asOf', () => {
  it('does not believe in a quiet or a failure that the clock was set back from', () => {
    const state = { failures: 1, failingSince: HOUR_MS, quietUntil: HOUR_MS + RARE_RETRY_MS };
    expect(asOf(state, 0)).toEqual({ failures: 1, failingSince: 0, quietUntil: null });
    expect(asOf(state, HOUR_MS)).toEqual(state);
    const throttled = afterOutcome(HEALTHY, THROTTLED, at(HOUR_MS));
    expect(asOf(throttled, HOUR_MS - 1_000)).toMatchObject({ quietUntil: HOUR_MS + 600_000 });
  });
});

describe('nextShopAttempt', () => {
  it('waits 5 s, then three times as long each time, up to 6 h, for three days', () => {
    const waits: number[] = [];
    for (let now = 0, attempts = 1; ; attempts += 1) {
      const next = nextShopAttempt(attempts, 0, now, 0);
      if (next === null) break;
      waits.push(next - now);
      now = next;
    }
    expect(waits.slice(0, 4)).toEqual([5_000, 15_000, 45_000, 135_000]);
    expect(Math.max(...waits)).toBe(6 * HOUR_MS);
    const total = waits.reduce((sum, wait) => sum + wait, 0);
    expect(total).toBeGreaterThanOrEqual(72 * HOUR_MS);
    expect(total).toBeLessThan(79 * HOUR_MS);
  });

  it('gives what waited through a long stop its attempts all the same', () => {
    expect(nextShopAttempt(1, 0, 100 * HOUR_MS, 0)).not.toBeNull();
  });
});
