import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FollowedTime } from '../../src/clock/followed-time.ts';

const START_MS = Date.parse('2025-07-01T00:00:00Z');

it('never goes back, however late readings of a running clock come, and is right when one comes at once', () => {
  const latenessMs = fc.double({ min: 0, max: 999, noNaN: true });
  const pauseMs = fc.double({ min: 0, max: 10_000, noNaN: true });
  fc.assert(
    fc.property(
      fc.double({ min: 0.01, max: 86_400, noNaN: true }),
      fc.array(fc.record({ latenessMs, pauseMs }), { minLength: 1, maxLength: 50 }),
      (speed, arrivals) => {
        const time = new FollowedTime();
        const truth = (at: number) => START_MS + at * speed;
        let at = 0;
        let before = Number.NEGATIVE_INFINITY;
        for (const arrival of arrivals) {
          at += arrival.latenessMs;
          time.take({ nowMs: Math.floor(truth(at - arrival.latenessMs)), speed }, at);
          const taken = time.now(at);
          at += arrival.pauseMs;
          const shown = time.now(at);
          expect(taken).toBeGreaterThanOrEqual(before);
          expect(shown).toBeGreaterThanOrEqual(taken);
          // Late readings make it late; nothing makes it early.
          expect(shown).toBeLessThanOrEqual(truth(at));
          before = shown;
        }
        time.take({ nowMs: truth(at), speed }, at);
        expect(time.now(at)).toBe(Math.floor(truth(at)));
      },
    ),
  );
});

it('stands still until a clock that was paused has caught up with what was shown', () => {
  const time = new FollowedTime();
  time.take({ nowMs: START_MS, speed: 60 }, 0);
  expect(time.now(100)).toBe(START_MS + 6_000);
  // Paused 10 real ms before we heard of it.
  time.take({ nowMs: START_MS + 5_400, speed: 0 }, 100);
  expect(time.now(200)).toBe(START_MS + 6_000);
  time.take({ nowMs: START_MS + 5_900, speed: 0 }, 300);
  expect(time.now(300)).toBe(START_MS + 6_000);
  time.take({ nowMs: START_MS + 7_000, speed: 60 }, 400);
  expect(time.now(400)).toBe(START_MS + 7_000);
});

it('follows a clock that was set back: by anything if it stands still, by more than lateness explains if it runs', () => {
  const manual = new FollowedTime();
  manual.take({ nowMs: START_MS, speed: 0 }, 0);
  expect(manual.now(0)).toBe(START_MS);
  manual.take({ nowMs: START_MS - 1, speed: 0 }, 10);
  expect(manual.now(10)).toBe(START_MS - 1);

  const accelerated = new FollowedTime();
  accelerated.take({ nowMs: START_MS, speed: 60 }, 0);
  expect(accelerated.now(0)).toBe(START_MS);
  accelerated.take({ nowMs: START_MS - 61_000, speed: 60 }, 0);
  expect(accelerated.now(0)).toBe(START_MS - 61_000);
});
