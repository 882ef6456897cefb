import { describe, expect, it } from 'vitest';
import { createManualClock } from '../src/clock/manual-clock.ts';
import { createRealClock } from '../src/clock/real-clock.ts';

describe('the manual clock', () => {
  it('runs timers in order of their times, each at its own time', async () => {
    const clock = createManualClock(1_000);
    const seen: Array<[string, number]> = [];
    const note = (name: string) => async () => {
      seen.push([name, clock.now()]);
    };
    for (const [name, dueMs] of [
      ['c', 1_300],
      ['a', 1_100],
      ['b', 1_200],
      ['b2', 1_200],
      ['d', 5_000],
    ] as const) {
      clock.schedule(dueMs, note(name));
    }
    await clock.advance(1_000);
    expect(seen).toEqual([
      ['a', 1_100],
      ['b', 1_200],
      ['b2', 1_200],
      ['c', 1_300],
    ]);
    expect(clock.now()).toBe(2_000);
  });

  it('runs what its timers schedule within the same span', async () => {
    const clock = createManualClock(0);
    const seen: number[] = [];
    const every = async (): Promise<void> => {
      seen.push(clock.now());
      clock.schedule(clock.now() + 10, every);
    };
    clock.schedule(10, every);
    await clock.advance(35);
    expect(seen).toEqual([10, 20, 30]);
  });

  it('skips a cancelled timer, due later or at once', async () => {
    const clock = createManualClock(0);
    let ran = 0;
    const count = async () => {
      ran += 1;
    };
    clock.schedule(5, count).cancel();
    clock.schedule(0, count).cancel();
    await clock.advance(10);
    expect(ran).toBe(0);
  });

  it('keeps a hundred thousand timers in order', async () => {
    const clock = createManualClock(0);
    const seen: number[] = [];
    for (let index = 0; index < 100_000; index += 1) {
      const dueMs = (index * 7_919) % 1_000;
      clock.schedule(dueMs + 1, async () => {
        seen.push(dueMs);
      });
    }
    await clock.advance(1_000);
    expect(seen).toHaveLength(100_000);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
  });

  it('adds up the spans of callers that advance at the same time', async () => {
    const clock = createManualClock(0);
    await Promise.all([clock.advance(10), clock.advance(20)]);
    expect(clock.now()).toBe(30);
  });
});

describe('the real clock', () => {
  it('runs the nearer of two timers first, even when it was set later', async () => {
    const clock = createRealClock();
    const { promise, resolve } = Promise.withResolvers<void>();
    const seen: string[] = [];
    clock.schedule(Date.now() + 60, async () => {
      seen.push('far');
      resolve();
    });
    clock.schedule(Date.now() + 20, async () => {
      seen.push('near');
    });
    await promise;
    expect(seen).toEqual(['near', 'far']);
  });

  it('cannot be advanced', async () => {
    await expect(createRealClock().advance(1)).rejects.toThrow('--clock manual');
  });
});
