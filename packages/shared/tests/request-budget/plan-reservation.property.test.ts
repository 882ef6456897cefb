import { BUDGET_SHARES, type BudgetShare, SHARE_PERCENT } from '@payguard/shared/request-budget/budget-shares';
import { planReservation } from '@payguard/shared/request-budget/plan-reservation';
import fc from 'fast-check';
import { expect, it } from 'vitest';

/** When (µs after the last one), who, and how many. */
const turn = fc.record({
  afterUs: fc.integer({ min: 0, max: 2_000_000 }),
  share: fc.constantFrom(...BUDGET_SHARES),
  wanted: fc.integer({ min: 1, max: 60 }),
});
const turns = fc.array(turn, { minLength: 1, maxLength: 300 });
const rate = fc.integer({ min: 1, max: 200 });
const START_US = 1_750_000_000_000_000;
const MINUTE_MS = 60_000;

function play(requestsPerSecond: number, script: { afterUs: number; share: BudgetShare; wanted: number }[]) {
  let next = { poll: START_US, checkout: START_US, operators: START_US };
  let nowUs = START_US;
  return script.map(({ afterUs, share, wanted }) => {
    nowUs += afterUs;
    const reservation = planReservation(next, { share, requestsPerSecond }, wanted, nowUs);
    next = reservation.next;
    return { share, nowUs, slots: reservation.slots.map((slot) => Math.max(slot, nowUs / 1_000)) };
  });
}

it('lets no more out in any minute than the budget and 2 %, whoever asks when for how many', () => {
  fc.assert(
    fc.property(rate, turns, (requestsPerSecond, script) => {
      const times = play(requestsPerSecond, script)
        .flatMap(({ slots }) => slots)
        .sort((a, b) => a - b);
      // A share's slots are whole: with few requests a second, one of each may straddle the minute.
      const limit = requestsPerSecond * 60 * 1.02 + BUDGET_SHARES.length;
      for (let from = 0, to = 0; to < times.length; to += 1) {
        while ((times[from] ?? 0) < (times[to] ?? 0) - MINUTE_MS) from += 1;
        expect(to - from + 1).toBeLessThanOrEqual(limit);
      }
    }),
  );
});

it('never answers more than was wanted, nor slots that lie far ahead', () => {
  fc.assert(
    fc.property(rate, turns, (requestsPerSecond, script) => {
      for (const [n, { nowUs, slots }] of play(requestsPerSecond, script).entries()) {
        expect(slots.length).toBeLessThanOrEqual(script[n]?.wanted ?? 0);
        for (const slot of slots) expect(slot).toBeLessThanOrEqual(nowUs / 1_000 + 250);
      }
    }),
  );
});

it('keeps no share from its own by what the others take', () => {
  fc.assert(
    fc.property(rate, turns, fc.constantFrom(...BUDGET_SHARES), (requestsPerSecond, script, share) => {
      const others = script.filter((each) => each.share !== share);
      const played = play(requestsPerSecond, others);
      const last = played.at(-1)?.nowUs ?? START_US;
      const after = play(requestsPerSecond, [
        ...others,
        { afterUs: 1_000_000, share, wanted: Math.ceil((requestsPerSecond * SHARE_PERCENT[share]) / 100 / 2) },
      ]).at(-1);
      // Half a second's worth and the next quarter are there at once.
      const worth = Math.floor((requestsPerSecond * SHARE_PERCENT[share] * 0.5) / 100);
      expect(last).toBeLessThan(after?.nowUs ?? 0);
      expect(after?.slots.length).toBeGreaterThanOrEqual(worth);
    }),
  );
});
