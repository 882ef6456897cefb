import { expect, inject, it } from 'vitest';
import { costText, MAX_OWN_MIB, MAX_RSS_MIB, measureRuns, mostGrowth } from './cost-run.ts';

const DUE = 200;
const SIZES = [10_000, 100_000];
const MAX_GROWTH = 1.2;
const TIMEOUT_MS = 120_000;

it(
  'a run of poll costs the same whether 10,000 or 100,000 orders are not due',
  async () => {
    const servers = { brokers: inject('kafkaBrokers'), databaseUrl: inject('databaseUrl') };
    const runs = await measureRuns(servers, { sizes: SIZES, due: DUE });
    for (const run of runs) console.log(`cost of a run, ${costText(run)}`);
    expect(runs.map(({ asked }) => asked)).toEqual([DUE, DUE]);
    expect(mostGrowth(runs, 'reads')).toBeLessThanOrEqual(MAX_GROWTH);
    expect(mostGrowth(runs, 'writes')).toBeLessThanOrEqual(MAX_GROWTH);
    expect(Math.max(...runs.map(({ peakRssMiB }) => peakRssMiB))).toBeLessThanOrEqual(MAX_RSS_MIB);
    const own = runs.map(({ peakOwnMiB }) => peakOwnMiB);
    expect(Math.min(...own)).toBeGreaterThan(0);
    expect(Math.max(...own)).toBeLessThanOrEqual(MAX_OWN_MIB);
  },
  TIMEOUT_MS,
);
