import { expect, inject, it } from 'vitest';
import { chosenSeed } from '../chosen-seed.ts';
import { recoveryText } from './recovery-figures.ts';
import { measureRecovery } from './recovery-run.ts';

const BACKLOG = 5_000;
const FRESH = 60;
const REQUESTS_PER_SECOND = 20;
const P99_MS = 60_000;
/** A fifth is the backlog's own; less what begin and end of the run take away. */
const BACKLOG_SHARE = 0.15;
const TIMEOUT_MS = 120_000;

it(
  'fresh payments are found within a minute while 5,000 orders that an outage left behind are due as well',
  async () => {
    const seed = chosenSeed();
    const servers = { brokers: inject('kafkaBrokers'), databaseUrl: inject('databaseUrl') };
    const ages = { shortestAgeMs: 5_000, longestAgeMs: 30 * 60_000, spread: 'paid', withinMs: 60_000 } as const;
    const sizes = { orders: FRESH, backlog: BACKLOG, requestsPerSecond: REQUESTS_PER_SECOND, speed: 6 };
    const figures = await measureRecovery(servers, { seed, ...ages, ...sizes });
    console.log(`backlog of ${BACKLOG}, ${figures.askedOfBacklog} asked, seed ${seed}: ${recoveryText(figures)}`);
    expect(figures).toMatchObject({ credited: FRESH, broken: [] });
    expect(figures.recovery.p99).toBeLessThanOrEqual(P99_MS);
    expect(figures.askedOfBacklog).toBeGreaterThanOrEqual(BACKLOG_SHARE * REQUESTS_PER_SECOND * figures.seconds);
    // Else it would have been no load in the end.
    expect(figures.askedOfBacklog).toBeLessThan(BACKLOG);
  },
  TIMEOUT_MS,
);
