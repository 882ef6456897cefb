import { checkIntervalMs, FRESH_FOR_MS, laneOf } from '@payguard/shared/rules/next-check';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const age = fc.double({ min: 0, max: 400 * 24 * 3_600_000, noNaN: true });
const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('never lets more than six and a half hours, nor less than 4.5 s, pass between two checks', () => {
  fc.assert(
    fc.property(age, chance, (ageMs, drawn) => {
      const interval = checkIntervalMs(ageMs, drawn);
      expect(interval).toBeGreaterThanOrEqual(4_500);
      expect(interval).toBeLessThanOrEqual(6.6 * 3_600_000);
    }),
  );
});

it('looks at an order younger than 30 minutes at least every 50 s', () => {
  fc.assert(
    fc.property(fc.double({ min: 0, max: FRESH_FOR_MS - 1, noNaN: true }), chance, (ageMs, drawn) => {
      expect(checkIntervalMs(ageMs, drawn)).toBeLessThanOrEqual(49_500);
    }),
  );
});

it.each([
  ['a new order', 0, 5_000],
  ['40 s', 40_000, 10_000],
  ['10 min', 600_000, 45_000],
  ['31 min', 31 * 60_000, 5 * 60_000],
  ['3 h', 3 * 3_600_000, 30 * 60_000],
  ['24 h 4 min, when the callbacks end', 24 * 3_600_000 + 240_000, 30 * 60_000],
  ['26 h', 26 * 3_600_000, 6 * 3_600_000],
])('asks about %s again after its interval', (_name, ageMs, expected) => {
  expect(checkIntervalMs(ageMs, 0.5)).toBe(expected);
});

it('moves an order to the backlog when nobody waits any more', () => {
  expect([laneOf(0), laneOf(FRESH_FOR_MS - 1), laneOf(FRESH_FOR_MS)]).toEqual([0, 0, 1]);
});
