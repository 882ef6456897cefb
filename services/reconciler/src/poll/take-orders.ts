import { BACKLOG_LANE, FRESH_LANE } from '@payguard/shared/rules/next-check';
import { type Claim, type ClaimedCheck, claimOrders } from './claim-orders.ts';
import type { ClaimedOrder } from './look-up-order.ts';
import type { Lane } from './next-order-check.ts';
import type { MerchantPoll } from './poll-dependencies.ts';
import { readOrders } from './read-orders.ts';
import { backlogShare } from './share-lanes.ts';

export type Wanted = {
  room: number;
  /** Orders that this run has taken of this merchant so far. */
  handedOut: number;
  /** In one pass: only what was due then (ms UTC). */
  onePassOf: number | undefined;
};

export type Taken = { orders: ClaimedOrder[]; mayBeMore: boolean };

/** Most from the fresh lane, the backlog's share from the other; where one has too few due, the other gets the room. */
export async function takeOrders(poll: MerchantPoll, wanted: Wanted, now: number): Promise<Taken> {
  const { room, handedOut, onePassOf } = wanted;
  const dueBy = onePassOf ?? now;
  const claim = async (lane: Lane, limit: number): Promise<Claim> => {
    if (limit === 0) return { checks: [], mayBeMore: true };
    return claimOrders(poll.pool, { mchid: poll.client.mchid, lane, dueBy, limit, token: poll.nextToken() }, now);
  };
  const fresh = await claim(FRESH_LANE, room - backlogShare(handedOut, room));
  const backlog = await claim(BACKLOG_LANE, room - fresh.checks.length);
  const left = fresh.mayBeMore ? room - fresh.checks.length - backlog.checks.length : 0;
  const moreFresh = await claim(FRESH_LANE, left);
  const checks = [...fresh.checks, ...backlog.checks, ...moreFresh.checks];
  poll.counts.add('claimed', checks.length);
  const ids = checks.map(({ orderId }) => orderId);
  const orders = await readOrders(poll.pool, ids, poll.shopTimeZone);
  return {
    orders: checks.map((check) => ({ check: inThisPass(check, onePassOf), order: orders.get(check.orderId) })),
    mayBeMore: backlog.mayBeMore || (fresh.mayBeMore && moreFresh.mayBeMore),
  };
}

/** What one pass gives back is due for the next one, else this one would never end. */
function inThisPass(check: ClaimedCheck, onePassOf: number | undefined): ClaimedCheck {
  return onePassOf === undefined ? check : { ...check, dueAt: onePassOf + 1 };
}
