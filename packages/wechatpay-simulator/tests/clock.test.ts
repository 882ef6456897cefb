import { describe, expect, it } from 'vitest';
import { createAcceleratedClock, MAX_SPEED } from '../src/clock/accelerated-clock.ts';
import { type Clock, ClockRefusalError } from '../src/clock/clock.ts';
import { createClock } from '../src/clock/create-clock.ts';
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

  it('tells each stop of an advance before anything due there runs', async () => {
    const clock = createManualClock(0);
    const seen: string[] = [];
    clock.onChange(async ({ nowMs, speed }) => {
      await new Promise(setImmediate);
      seen.push(`told ${nowMs} at speed ${speed}`);
    });
    for (const dueMs of [10, 20]) {
      clock.schedule(dueMs, async () => {
        seen.push(`ran ${dueMs}`);
      });
    }
    await clock.advance(25);
    expect(seen).toEqual(['told 10 at speed 0', 'ran 10', 'told 20 at speed 0', 'ran 20', 'told 25 at speed 0']);
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

  it('cannot be advanced, and has no speed', async () => {
    await expect(createRealClock().advance(1)).rejects.toThrow('--clock manual');
    expect(() => createRealClock().setSpeed(2)).toThrow('--clock accelerated');
  });
});

describe('the accelerated clock', () => {
  /** Far enough ahead that no timer of a test runs by itself. */
  const DAY_MS = 24 * 3_600_000;

  it('runs as many times as fast as real time as it was told, from its start', async () => {
    const startedAt = performance.now();
    const clock = createAcceleratedClock(1_000_000, 3_600);
    await ranAt(clock, 1_000_000 + 3_600 * 50);
    const elapsedMs = performance.now() - startedAt;
    const readMs = clock.now();
    expect(elapsedMs).toBeGreaterThanOrEqual(50);
    expect(Number.isInteger(readMs)).toBe(true);
    expect(readMs).toBeLessThanOrEqual(1_000_000 + 3_600 * (performance.now() - startedAt));
    expect(readMs).toBeGreaterThanOrEqual(1_000_000 + 3_600 * 50);
  });

  it('runs timers in the order of their times, never before them, even when the nearer was set later', async () => {
    const clock = createAcceleratedClock(0, 1_000);
    const seen: Array<[string, boolean]> = [];
    const far = Promise.withResolvers<void>();
    clock.schedule(40_000, async () => {
      seen.push(['far', clock.now() >= 40_000]);
      far.resolve();
    });
    clock.schedule(20_000, async () => {
      seen.push(['near', clock.now() >= 20_000]);
    });
    await far.promise;
    expect(seen).toEqual([
      ['near', true],
      ['far', true],
    ]);
  });

  it('jumps ahead when advanced, stands at each due time while its work runs, and runs on afterwards', async () => {
    const clock = createAcceleratedClock(0, 1_000);
    const seen: number[] = [];
    for (const dueMs of [DAY_MS, 2 * DAY_MS]) {
      clock.schedule(dueMs, async () => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        seen.push(clock.now());
      });
    }
    await clock.advance(2 * DAY_MS);
    expect(seen).toHaveLength(2);
    expect(seen[0]).toBe(DAY_MS);
    expect(clock.now()).toBeGreaterThanOrEqual(2 * DAY_MS);
    await ranAt(clock, clock.now() + 5_000);
  });

  it('keeps its place through a change of speed; at 0 it stands still until it is given another', async () => {
    const clock = createAcceleratedClock(0, MAX_SPEED);
    await ranAt(clock, DAY_MS / 100);
    clock.setSpeed(0);
    const pausedMs = clock.now();
    expect(pausedMs).toBeGreaterThanOrEqual(DAY_MS / 100);
    let ran = false;
    clock.schedule(pausedMs + 1, async () => {
      ran = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([clock.now(), ran]).toEqual([pausedMs, false]);
    clock.setSpeed(1_000);
    await ranAt(clock, pausedMs + 1_000);
    expect(ran).toBe(true);
  });

  it('can be advanced while it is paused', async () => {
    const clock = createAcceleratedClock(500, 0);
    await clock.advance(1_000);
    expect(clock.reading()).toEqual({ mode: 'accelerated', nowMs: 1_500, speed: 0 });
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, MAX_SPEED + 1])('refuses the speed %d', (speed) => {
    expect(() => createAcceleratedClock(0, speed)).toThrow(ClockRefusalError);
    expect(() => createAcceleratedClock(0).setSpeed(speed)).toThrow(`from 0 (time stands still) to ${MAX_SPEED}`);
  });

  it('is the only one that takes a speed', () => {
    expect(() => createClock({ clock: 'manual', speed: 2 })).toThrow('manual clock has no speed');
    expect(createClock({ clock: 'accelerated', clockStartMs: 0, speed: 2 }).reading().speed).toBe(2);
  });

  function ranAt(clock: Clock, dueMs: number): Promise<void> {
    return new Promise((resolve) => {
      clock.schedule(dueMs, async () => resolve());
    });
  }
});
