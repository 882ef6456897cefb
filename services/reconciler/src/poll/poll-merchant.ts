import type { Clock } from '@payguard/shared/clock/clock';
import { afterVerdict, type Circuit, FLOWING, type Flow, flowOf, type Verdict } from './circuit.ts';
import { claimRefunds } from './claim-refunds.ts';
import { type ClaimedOrder, lookUpOrder } from './look-up-order.ts';
import { lookUpRefund } from './look-up-refund.ts';
import type { MerchantPoll } from './poll-dependencies.ts';
import { takeOrders } from './take-orders.ts';
import { createWorkUnderWay, type WorkUnderWay } from './work-under-way.ts';

/** When a merchant's poll ends. */
export type PollEnd = {
  /** ms UTC on the clock. */
  until: number;
  /** One pass: only what was due at this moment (ms UTC), and then it ends. */
  onePassOf: number | undefined;
  /** How long one look for due orders is enough, in ms, while nothing is due. */
  lookEveryMs: number;
};

/** More would wait for a slot longer than their lease; fewer would leave slots unused: the budget looks ¼ s ahead. */
const SECONDS_IN_LINE = 1.5;
const FEWEST_AT_ONCE = 8;
/** Claims come in batches: one of a single order costs as much as one of twenty. */
const CLAIM_WHEN_FREE = 0.25;
/** Refunds are rare, and nobody waits at a counter for one. */
const REFUNDS_AT_ONCE = 4;
/** After the database failed. */
const DATABASE_RETRY_MS = 1_000;
/** What is under way at the end may take so long (ms of this machine); then it is given back by hand. */
const FINISH_TIMEOUT_MS = 5_000;

type Subject = 'orders' | 'refunds';

type State = {
  poll: MerchantPoll;
  end: PollEnd;
  lookups: WorkUnderWay;
  refunds: WorkUnderWay;
  underWay: Set<ClaimedOrder>;
  /** Apart: a merchant may be allowed to ask and not to refund, and nobody may wait for the other's mending. */
  circuits: Record<Subject, Circuit>;
  handedOut: number;
  nothingDueUntil: number;
  noRefundDueUntil: number;
};

/**
 * Asks about a merchant's due orders and refunds, as many at once as its budget needs, until the end or until stopped.
 * Never rejects for what database, broker or WeChat Pay do.
 */
export async function pollMerchant(poll: MerchantPoll, end: PollEnd, stopClaiming: AbortSignal): Promise<void> {
  const state: State = {
    poll,
    end,
    lookups: createWorkUnderWay(),
    refunds: createWorkUnderWay(),
    underWay: new Set(),
    circuits: { orders: FLOWING, refunds: FLOWING },
    handedOut: 0,
    nothingDueUntil: 0,
    noRefundDueUntil: 0,
  };
  while (!stopClaiming.aborted && poll.clock.now() < end.until) {
    await startRefunds(state);
    await startLookups(state);
    if (isPassOver(state)) break;
    await waitForRoom(state, stopClaiming);
  }
  await Promise.all([state.lookups.allEnded(FINISH_TIMEOUT_MS), state.refunds.allEnded(FINISH_TIMEOUT_MS)]);
  await giveBackRest(state);
}

/** In one pass: everything that was due has been asked about, or WeChat Pay is away. */
function isPassOver({ end, lookups, refunds, circuits, nothingDueUntil, noRefundDueUntil, poll }: State): boolean {
  if (end.onePassOf === undefined || lookups.size > 0 || refunds.size > 0) return false;
  const now = poll.clock.now();
  const ordersAreOver = flowOf(circuits.orders, now) !== 'free' || nothingDueUntil > now;
  return ordersAreOver && (flowOf(circuits.refunds, now) !== 'free' || noRefundDueUntil > now);
}

async function waitForRoom(state: State, stop: AbortSignal): Promise<void> {
  const { poll, end, lookups, refunds } = state;
  if (end.onePassOf !== undefined && lookups.size + refunds.size === 0) return;
  const at = Math.min(end.until, poll.clock.now() + end.lookEveryMs);
  // A refund's end makes room for refunds only; it is seen with the next look.
  const waited = lookups.size > 0 || refunds.size === 0 ? lookups : refunds;
  await waited.nextEnd(poll.clock, at, stop);
}

async function startLookups(state: State): Promise<void> {
  const { poll, end, lookups } = state;
  const now = poll.clock.now();
  const flow = flowOf(state.circuits.orders, now);
  const room = roomFor(state, flow);
  if (room === 0 || now < state.nothingDueUntil) return;
  const wanted = { room, handedOut: state.handedOut, onePassOf: end.onePassOf };
  const taken = await takeOrders(poll, wanted, now).catch((err: unknown) => noticeDatabase(poll, err));
  state.handedOut += taken?.orders.length ?? 0;
  if (taken === undefined) state.nothingDueUntil = now + DATABASE_RETRY_MS;
  else if (!taken.mayBeMore) state.nothingDueUntil = now + end.lookEveryMs;
  for (const order of taken?.orders ?? []) {
    state.underWay.add(order);
    lookups.add(handle(state, order, flow === 'probe').finally(() => state.underWay.delete(order)));
  }
}

/** How many orders may be taken now: none before a batch is worth it, one while WeChat Pay is away. */
function roomFor(state: State, flow: Flow): number {
  const { poll, lookups } = state;
  if (flow !== 'free') return mayProbe(lookups, flow) ? 1 : 0;
  const inLine = Math.ceil(poll.merchant.requestsPerSecond * SECONDS_IN_LINE);
  const atOnce = Math.min(poll.concurrency, Math.max(FEWEST_AT_ONCE, inLine));
  const room = atOnce - lookups.size;
  return room >= atOnce * CLAIM_WHEN_FREE ? room : 0;
}

/** One call alone finds out whether WeChat Pay is back. */
function mayProbe(underWay: WorkUnderWay, flow: Flow): boolean {
  return flow === 'probe' && underWay.size === 0;
}

async function handle(state: State, order: ClaimedOrder, isProbe: boolean): Promise<void> {
  const { poll } = state;
  try {
    const { next, givenBack, verdict } = await lookUpOrder(poll, order);
    notice(state, 'orders', verdict);
    // While WeChat Pay is away no order is charged for it; only the probe is, so that the next one is another order.
    const hasFailed = verdict === 'away' || verdict === 'misconfigured';
    const isGivenBack = hasFailed && !isProbe && flowOf(state.circuits.orders, poll.clock.now()) !== 'free';
    await poll.writer.settle({ check: order.check, next: isGivenBack ? givenBack : next });
    if (isGivenBack) poll.counts.add('given_back');
  } catch (err) {
    // The lease brings it back.
    noticeDatabase(poll, err);
  }
}

function notice(state: State, subject: Subject, verdict: Verdict): void {
  const { poll, circuits } = state;
  const before = circuits[subject];
  const after = afterVerdict(before, verdict, poll.clock.now());
  circuits[subject] = after;
  const { mchid } = poll.client;
  if (before.pausedUntil === null && after.pausedUntil !== null) {
    poll.counts.add('pauses');
    poll.log.warn({ mchid, subject, verdict }, 'WeChat Pay cannot be asked, only probes go out');
  }
  if (before.pausedUntil !== null && after.pausedUntil === null) poll.log.info({ mchid, subject }, 'asked again');
}

async function startRefunds(state: State): Promise<void> {
  const { poll, end, refunds } = state;
  const now = poll.clock.now();
  const flow = flowOf(state.circuits.refunds, now);
  const forProbe = mayProbe(refunds, flow) ? 1 : 0;
  const limit = flow === 'free' ? REFUNDS_AT_ONCE - refunds.size : forProbe;
  if (limit === 0 || now < state.noRefundDueUntil) return;
  const request = { mchid: poll.client.mchid, dueBy: end.onePassOf ?? now, limit, token: poll.nextToken() };
  const claimed = await claimRefunds(poll.pool, request, now).catch((err: unknown) => noticeDatabase(poll, err));
  if (claimed === undefined || claimed.length < limit) state.noRefundDueUntil = now + end.lookEveryMs;
  for (const refund of claimed ?? []) {
    const work = lookUpRefund(poll, refund).then(
      (verdict) => notice(state, 'refunds', verdict),
      (err: unknown) => void noticeDatabase(poll, err),
    );
    refunds.add(work);
  }
}

/** What could not be finished in time is due again at once, for whoever works then. */
async function giveBackRest({ poll, underWay }: State): Promise<void> {
  const { clock, writer, counts } = poll;
  counts.add('given_back', underWay.size);
  await Promise.all(
    [...underWay].map(({ check }) => {
      const { confirmedAt, reportedAt, missingSince, dueAt, lane } = check;
      const next = { confirmedAt, reportedAt, missingSince, lane, nextCheckAt: Math.min(dueAt, clock.now()) };
      return writer.settle({ check, next: { ...next, isAttempt: false } });
    }),
  );
}

function noticeDatabase(poll: Pick<MerchantPoll, 'log' | 'client'> & { clock: Clock }, err: unknown): undefined {
  poll.log.warn({ err, mchid: poll.client.mchid }, 'the database does not take part, tried again');
}
