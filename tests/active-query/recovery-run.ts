import { setTimeout as delay } from 'node:timers/promises';
import { addBacklog, countAskedOfBacklog } from './backlog-run.ts';
import { type PaymentPlan, type PlannedPayment, planPayments } from './payment-plan.ts';
import { playPayments } from './play-payments.ts';
import { startPollTimetable } from './poll-timetable.ts';
import { openPollWorld, type PollWorld, type TestServers } from './poll-world.ts';
import { addUsers } from './put-in-orders.ts';
import { type RecoveryFigures, readCredits, recoveryFigures } from './recovery-figures.ts';

export type RecoveryRun = Pick<
  PaymentPlan,
  'seed' | 'orders' | 'shortestAgeMs' | 'longestAgeMs' | 'spread' | 'withinMs'
> & {
  /**
   * Of the simulator's clock, on which all is measured. Every real delay counts so many times as much; the figures tell the
   * machine's part apart.
   */
  speed: number;
  requestsPerSecond: number;
  /** Orders that an outage has left due. */
  backlog: number;
};

export type RecoveryResult = RecoveryFigures & {
  askedOfBacklog: number;
  /** From the first poll to the last credit, on the simulator's clock. */
  seconds: number;
};

/** Poll and points are in their stride by then; ms of this machine. */
const LEAD_MS = 2_000;
/** After the last payment: every fresh order is asked about once a minute at least. */
const GIVE_UP_AFTER_MS = 3 * 60_000;
const LOOK_EVERY_MS = 50;

/** Payments whose callbacks are all lost, with poll by its timetable and points in this process, on one clock. */
export async function measureRecovery(servers: TestServers, run: RecoveryRun): Promise<RecoveryResult> {
  const world = await openPollWorld({ servers, ...run });
  try {
    await addUsers(world);
    await addBacklog(world, { seed: run.seed, orders: run.backlog });
    await world.startPoints();
    const polls = startPollTimetable(world, 1);
    try {
      return await payAndWait(world, run);
    } finally {
      await polls.stop();
    }
  } finally {
    await world.stop();
  }
}

async function payAndWait(world: PollWorld, run: RecoveryRun): Promise<RecoveryResult> {
  const { clock } = world.simulator;
  const startAt = clock.now();
  const plan = planPayments({ ...run, prefix: 'FRESH_', startAt, leadMs: LEAD_MS * run.speed });
  await playPayments(world, plan);
  await waitForCredits(world, plan, clock.now() + GIVE_UP_AFTER_MS);
  const seconds = (clock.now() - startAt) / 1_000;
  const askedOfBacklog = await countAskedOfBacklog(world);
  return { ...(await recoveryFigures(world, plan, run.speed)), askedOfBacklog, seconds };
}

async function waitForCredits(world: PollWorld, plan: readonly PlannedPayment[], giveUpAt: number): Promise<void> {
  for (;;) {
    const credits = await readCredits(world);
    const isDone = plan.every(({ outTradeNo }) => credits.has(outTradeNo));
    if (isDone || world.simulator.clock.now() > giveUpAt) return;
    await delay(LOOK_EVERY_MS);
  }
}
