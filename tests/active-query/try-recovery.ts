import { expect, inject } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { recoveryText } from './recovery-figures.ts';
import { measureRecovery } from './recovery-run.ts';

const P50_MS = 10_000;
const P99_MS = 60_000;

type Run = Pick<
  Parameters<typeof measureRecovery>[1],
  'speed' | 'orders' | 'shortestAgeMs' | 'longestAgeMs' | 'withinMs'
>;

/** Every callback lost: all are credited by query, half within 10 s, 99 of 100 within a minute. */
export async function tryRecovery(ages: string, run: Run): Promise<void> {
  const seed = chosenSeed();
  const servers = { brokers: inject('kafkaBrokers'), databaseUrl: inject('databaseUrl') };
  const figures = await measureRecovery(servers, { ...run, seed, spread: 'paid', requestsPerSecond: 50, backlog: 0 });
  console.log(`recovery at ages ${ages}, seed ${seed}: ${recoveryText(figures)}`);
  expect(figures).toMatchObject({ credited: run.orders, byWitness: { query: { orders: run.orders } }, broken: [] });
  expect(figures.recovery.p50).toBeLessThanOrEqual(P50_MS);
  expect(figures.recovery.p99).toBeLessThanOrEqual(P99_MS);
}
