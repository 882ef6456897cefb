import { expect, inject, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { recoveryText } from './recovery-figures.ts';
import { measureRecovery } from './recovery-run.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;
const P50_MS = 10 * SECOND_MS;
const P99_MS = 60 * SECOND_MS;
const TIMEOUT_MS = 120_000;

const RUNS = [
  {
    // Faster, the machine's part (some 50 ms from the question to the credit) would be most of what is measured.
    name: 'of 5 s to 30 min, on a clock that runs five times as fast',
    ...{ speed: 5, orders: 200, shortestAgeMs: 5 * SECOND_MS, longestAgeMs: 30 * MINUTE_MS, withinMs: 80 * SECOND_MS },
  },
  {
    name: 'of 5 to 60 s, in real time',
    ...{ speed: 1, orders: 100, shortestAgeMs: 5 * SECOND_MS, longestAgeMs: 60 * SECOND_MS, withinMs: 6 * SECOND_MS },
  },
];

it.each(RUNS)(
  'with every callback lost, payments at ages $name are credited, half within 10 s, 99 of 100 within a minute',
  async ({ name, ...run }) => {
    const seed = chosenSeed();
    const servers = { brokers: inject('kafkaBrokers'), databaseUrl: inject('databaseUrl') };
    const figures = await measureRecovery(servers, { ...run, seed, spread: 'paid', requestsPerSecond: 50, backlog: 0 });
    console.log(`recovery at ages ${name}, seed ${seed}: ${recoveryText(figures)}`);
    expect(figures).toMatchObject({ credited: run.orders, byWitness: { query: { orders: run.orders } }, broken: [] });
    expect(figures.recovery.p50).toBeLessThanOrEqual(P50_MS);
    expect(figures.recovery.p99).toBeLessThanOrEqual(P99_MS);
  },
  TIMEOUT_MS,
);
