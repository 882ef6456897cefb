import { it } from 'vitest';
import { tryRecovery } from './try-recovery.ts';

const TIMEOUT_MS = 120_000;

// Faster, the machine's part (some 50 ms from the question to the credit) would be most of what is measured.
it(
  'with every callback lost, payments at ages of 5 s to 30 min are credited in time, on a clock that runs five times as fast',
  () =>
    tryRecovery('of 5 s to 30 min, on a clock that runs five times as fast', {
      ...{ speed: 5, orders: 200, shortestAgeMs: 5_000, longestAgeMs: 30 * 60_000, withinMs: 45_000 },
    }),
  TIMEOUT_MS,
);
