import { describe, expect, it } from 'vitest';
import { nextDigestAt } from '../src/notices/next-digest.ts';

const next = (now: string, timeZone: string, ...at: string[]) =>
  new Date(nextDigestAt(Date.parse(now), { at, timeZone })).toISOString();

describe('the next digest', () => {
  it.each([
    ['before it, on the same day', '2026-03-01T00:30:00Z', '2026-03-01T01:00:00.000Z'],
    ['at that very moment, on the next day', '2026-03-01T01:00:00Z', '2026-03-02T01:00:00.000Z'],
    ['late in the evening, which is a new day there', '2026-03-01T16:30:00Z', '2026-03-02T01:00:00.000Z'],
  ])('is at 09:00 in Shanghai: %s', (_when, now, expected) => {
    expect(next(now, 'Asia/Shanghai', '09:00')).toBe(expected);
  });

  it('is the first of several times', () => {
    expect(next('2026-03-01T02:00:00Z', 'Asia/Shanghai', '18:00', '09:00')).toBe('2026-03-01T10:00:00.000Z');
  });

  it('keeps its hour by the clock on the wall when the clocks change', () => {
    // Berlin: 29 March 2026 and 25 October 2026.
    expect(next('2026-03-28T09:00:00Z', 'Europe/Berlin', '09:00')).toBe('2026-03-29T07:00:00.000Z');
    expect(next('2026-10-24T09:00:00Z', 'Europe/Berlin', '09:00')).toBe('2026-10-25T08:00:00.000Z');
  });

  it('comes an hour later where its time does not exist, and at the first one where it exists twice', () => {
    expect(next('2026-03-29T00:00:00Z', 'Europe/Berlin', '02:30')).toBe('2026-03-29T01:30:00.000Z');
    expect(next('2026-10-24T22:00:00Z', 'Europe/Berlin', '02:30')).toBe('2026-10-25T00:30:00.000Z');
  });

  it('is never missed in a whole year, in zones on both sides of the date line', () => {
    for (const timeZone of ['Pacific/Kiritimati', 'America/New_York', 'Pacific/Pago_Pago']) {
      let at = Date.UTC(2026, 0, 1);
      for (let day = 0; day < 366; day += 1) {
        const following = nextDigestAt(at, { at: ['00:15'], timeZone });
        expect(following - at).toBeLessThanOrEqual(25 * 3_600_000);
        expect(following).toBeGreaterThan(at);
        at = following;
      }
    }
  });
});
