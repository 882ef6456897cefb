import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { environment as checkoutEnvironment } from '@payguard/checkout/config';
import { startCheckout } from '@payguard/checkout/start-checkout';
import { waitUntil } from '@payguard/shared/clock/wait-until';
import { createApiKey } from '@payguard/shared/config/api-keys-file';
import { loadEnvironment } from '@payguard/shared/config/load-environment';
import { createLogger } from '@payguard/shared/telemetry/logger';
import { startPollTimetable } from './poll-timetable.ts';
import { openPollWorld, type PollWorld, type TestServers } from './poll-world.ts';
import { addUsers, putInOrders } from './put-in-orders.ts';
import { busiestSpan } from './query-arrivals.ts';

export type BudgetRun = {
  requestsPerSecond: number;
  /** Of the simulator's clock; requests arrive so many times as fast. */
  speed: number;
  /** On that clock. */
  seconds: number;
  /** Due for poll all the time. */
  backlog: number;
  /** Payers' pages that wait at the order API, each for an order of its own. */
  waiters: number;
};

export type BudgetFigures = {
  requests: number;
  seconds: number;
  /** Of the budget, in any 60 s. */
  busiestMinuteShare: number;
  /** Of the budget, over the whole time. */
  usedShare: number;
  /** Requests about the orders that pages wait for. */
  requestsOfCheckout: number;
};

const MINUTE_MS = 60_000;
/** Poll and checkout are in their stride by then; ms of this machine. */
const LEAD_MS = 2_000;
const HOUR_MS = 60 * MINUTE_MS;
const WAIT_SECONDS = 30;
const log = createLogger('checkout', 'silent');

/** Two polls with more due than they can ask about, and a checkout where pages wait: what arrives at WeChat Pay. */
export async function measureBudget(servers: TestServers, run: BudgetRun): Promise<BudgetFigures> {
  const world = await openPollWorld({ servers, ...run });
  try {
    await addUsers(world);
    const waited = await addOrders(world, run);
    const checkout = await startPages(world, waited);
    const polls = startPollTimetable(world, 2);
    try {
      return await countArrivals(world, run);
    } finally {
      await polls.stop();
      await checkout.stop();
    }
  } finally {
    await world.stop();
  }
}

/** Answers the numbers that pages wait for: those poll does not ask about. */
async function addOrders(world: PollWorld, { backlog, waiters }: BudgetRun): Promise<string[]> {
  const now = world.simulator.clock.now();
  const numbers = (prefix: string, count: number) => Array.from({ length: count }, (_, n) => `${prefix}${100_000 + n}`);
  const due = numbers('BACKLOG_', backlog).map((outTradeNo) => {
    return { outTradeNo, createdAt: now - 3 * HOUR_MS, nextCheckAt: now - MINUTE_MS };
  });
  const waited = numbers('WAITED_', waiters);
  const watched = waited.map((outTradeNo) => ({ outTradeNo, createdAt: now, nextCheckAt: now + HOUR_MS }));
  await putInOrders(world, [...due, ...watched]);
  return waited;
}

/** The order API of this process, with a page for each of these orders that asks again as soon as it is answered. */
async function startPages(world: PollWorld, waited: readonly string[]): Promise<{ stop(): Promise<void> }> {
  const { key, sha256 } = createApiKey();
  const API_KEYS_FILE = join(world.folder, 'api-keys.yaml');
  // JSON is YAML.
  await writeFile(API_KEYS_FILE, JSON.stringify({ keys: [{ id: 'shop', sha256, mchids: [world.merchant.mchid] }] }));
  const config = loadEnvironment(checkoutEnvironment, {
    ...{ ...world.environment, API_KEYS_FILE, PORT: '0', ALLOW_LOCAL_NOTIFY_URL: 'true' },
  });
  const checkout = await startCheckout(config, log, world.simulator.clock);
  const leaving = new AbortController();
  const pages = waited.map(async (outTradeNo) => {
    const url = `${checkout.url}/v1/orders/${outTradeNo}?wait=${WAIT_SECONDS}`;
    while (!leaving.signal.aborted) {
      const answer = await fetch(url, { headers: { authorization: `Bearer ${key}` }, signal: leaving.signal });
      if (answer.status !== 200) throw new Error(`the order API answers ${answer.status}: ${await answer.text()}`);
      await answer.text();
    }
  });
  // Told at the stop, not as a rejection that nobody handles.
  const ended = Promise.all(pages).then(
    () => undefined,
    (err: unknown) => (leaving.signal.aborted ? undefined : err),
  );
  return {
    async stop() {
      leaving.abort();
      const failure = await ended;
      await checkout.stop();
      if (failure instanceof Error) throw failure;
    },
  };
}

async function countArrivals(
  world: PollWorld,
  { requestsPerSecond, speed, seconds }: BudgetRun,
): Promise<BudgetFigures> {
  const { clock } = world.simulator;
  await waitUntil(clock, clock.now() + LEAD_MS * speed);
  const from = clock.now();
  await waitUntil(clock, from + seconds * 1_000);
  const to = clock.now();
  const times = world.arrivals.times.filter((at) => at >= from && at < to);
  return {
    requests: times.length,
    seconds: (to - from) / 1_000,
    busiestMinuteShare: busiestSpan(times, MINUTE_MS) / (60 * requestsPerSecond),
    usedShare: times.length / (((to - from) / 1_000) * requestsPerSecond),
    requestsOfCheckout: world.arrivals.countAbout('WAITED_', from, to),
  };
}

/** One line for people. */
export function budgetText({ requests, seconds, busiestMinuteShare, usedShare, requestsOfCheckout }: BudgetFigures) {
  const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
  return (
    `${requests} requests in ${seconds.toFixed(0)} s, ${requestsOfCheckout} of them checkout's; ` +
    `${percent(usedShare)} of the budget used, ${percent(busiestMinuteShare)} in the busiest minute`
  );
}
