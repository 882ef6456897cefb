import { it } from 'vitest';
import { tryRecovery } from './try-recovery.ts';

const TIMEOUT_MS = 120_000;

it(
  'with every callback lost, payments at ages of 5 to 60 s are credited in time, in real time',
  () =>
    tryRecovery('of 5 to 60 s, in real time', {
      ...{ speed: 1, orders: 100, shortestAgeMs: 5_000, longestAgeMs: 60_000, withinMs: 6_000 },
    }),
  TIMEOUT_MS,
);
