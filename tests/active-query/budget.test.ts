import { expect, inject, it } from 'vitest';
import { budgetText, measureBudget } from './budget-run.ts';

const REQUESTS_PER_SECOND = 20;
const MOST = 1.02;
const LEAST = 0.95;
const CHECKOUT_SHARE = 0.25;
/** Checkout asks four at once: a slow answer here or there leaves some of its share to the polls. */
const LEAST_OF_OWN = 0.85;
const TIMEOUT_MS = 90_000;

it(
  'two polls and a busy checkout stay within the budget in every minute, and use it',
  async () => {
    const servers = { brokers: inject('kafkaBrokers'), databaseUrl: inject('databaseUrl') };
    const run = { requestsPerSecond: REQUESTS_PER_SECOND, speed: 4, seconds: 64, backlog: 3_000, waiters: 40 };
    const figures = await measureBudget(servers, run);
    console.log(`budget of ${REQUESTS_PER_SECOND} a second: ${budgetText(figures)}`);
    expect(figures.busiestMinuteShare).toBeLessThanOrEqual(MOST);
    expect(figures.usedShare).toBeGreaterThanOrEqual(LEAST);
    // What it may count on is never eaten up by the polls.
    const own = CHECKOUT_SHARE * REQUESTS_PER_SECOND * figures.seconds;
    expect(figures.requestsOfCheckout).toBeGreaterThanOrEqual(LEAST_OF_OWN * own);
  },
  TIMEOUT_MS,
);
