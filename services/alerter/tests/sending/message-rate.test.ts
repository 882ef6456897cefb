import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextSlot, RATE_WINDOW_MS } from '../../src/sending/message-rate.ts';

const MINUTE_MS = 60_000;

/** The moments of messages when there is always something to send, or with pauses. */
function play(perMinute: number, isCritical: boolean, pausesMs: readonly number[]): number[] {
  const sent: number[] = [];
  let now = 0;
  for (const pauseMs of pausesMs) {
    now += pauseMs;
    now = Math.max(now, nextSlot(sent, { perMinute, isCritical, now }));
    sent.push(now);
  }
  return sent;
}

function mostInAMinute(sent: readonly number[]): number {
  return Math.max(...sent.map((from) => sent.filter((at) => at >= from && at <= from + MINUTE_MS).length));
}

describe('nextSlot', () => {
  it('never lets a minute hold more messages than it may', () => {
    const pauses = fc.array(fc.integer({ min: 0, max: 20_000 }), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.boolean(), pauses, (perMinute, isCritical, pausesMs) => {
        expect(mostInAMinute(play(perMinute, isCritical, pausesMs))).toBeLessThanOrEqual(perMinute);
      }),
    );
  });

  it('sends the first ones at once and the others evenly, so that no page waits longer than some seconds', () => {
    const sent = play(20, true, Array(100).fill(0));
    const gaps = sent.slice(1).map((at, index) => at - (sent[index] ?? 0));
    expect(gaps.slice(0, 4)).toEqual([0, 0, 0, 0]);
    expect(Math.max(...gaps)).toBeLessThanOrEqual(5_000);
  });

  it('keeps three of a minute for what pages somebody', () => {
    const sent = play(20, false, Array(60).fill(0));
    expect(mostInAMinute(sent)).toBeLessThanOrEqual(17);
  });

  it('is not held up by deliveries that ended in a future which the clock was set back from', () => {
    const hourAhead = Array.from({ length: 20 }, () => 3_600_000);
    expect(nextSlot(hourAhead, { perMinute: 20, isCritical: true, now: 0 })).toBe(0);
    const halfMinuteAhead = hourAhead.map(() => 30_000);
    expect(nextSlot(halfMinuteAhead, { perMinute: 20, isCritical: true, now: 0 })).toBe(30_000 + RATE_WINDOW_MS);
  });

  it('takes a channel with one message a minute as it is', () => {
    expect(play(1, false, [0, 0, 0])).toEqual([0, RATE_WINDOW_MS, 2 * RATE_WINDOW_MS]);
  });
});
