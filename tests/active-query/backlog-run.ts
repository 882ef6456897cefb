import { BACKLOG_LANE, FRESH_LANE } from '@payguard/shared/rules/next-check';
import { createRandom } from '../exactly-once/random.ts';
import type { PollWorld } from './poll-world.ts';
import { type NewOrder, putInOrders } from './put-in-orders.ts';

export type BacklogSize = { seed: number; orders: number };

const MINUTE_MS = 60_000;
/** WeChat Pay was away for so long: all became due and stayed it. */
const OUTAGE_MS = 120 * MINUTE_MS;
/** What was waiting for long before; asked about every half hour. */
const OLDEST_MS = 20 * 60 * MINUTE_MS;
/** Paid with the callback lost: there is something to find among them. */
const PAID_SHARE = 0.02;

/**
 * What a long outage leaves: all due at the same time, one half in the backlog's lane, the other still in the fresh one,
 * where it was when nobody answered. Some of them have been paid.
 */
export async function addBacklog(world: PollWorld, { seed, orders }: BacklogSize): Promise<void> {
  const random = createRandom(seed);
  const now = world.simulator.clock.now();
  const stale = Array.from({ length: orders }, (_, n): NewOrder => {
    const isStillFresh = n % 2 === 0;
    const ageMs = isStillFresh
      ? random.between(31 * MINUTE_MS, OUTAGE_MS)
      : random.between(OUTAGE_MS + 30 * MINUTE_MS, OLDEST_MS);
    return {
      outTradeNo: `BACKLOG_${String(n).padStart(7, '0')}`,
      createdAt: Math.round(now - ageMs),
      nextCheckAt: Math.round(now - random.between(0, Math.min(ageMs - 30 * MINUTE_MS, OUTAGE_MS))),
      lane: isStillFresh ? FRESH_LANE : BACKLOG_LANE,
    };
  });
  await putInOrders(world, stale);
  for (const { outTradeNo, createdAt } of random.sample(stale, Math.round(orders * PAID_SHARE))) {
    const successTimeMs = createdAt + MINUTE_MS;
    const paid = world.simulator.pay({ outTradeNo, successTimeMs, faults: [{ kind: 'lost' }] });
    if (paid.kind !== 'paid') throw new Error(`${outTradeNo} cannot be paid: ${paid.kind}`);
  }
}

/** How many of the backlog's orders have been asked about by now. */
export async function countAskedOfBacklog({ pool }: PollWorld): Promise<number> {
  const [row]: { asked: number }[] = await pool.query(
    `SELECT COUNT(*) AS asked FROM payment_orders o LEFT JOIN order_checks c ON c.order_id = o.id
     WHERE o.out_trade_no LIKE 'BACKLOG%' AND (c.order_id IS NULL OR c.attempts > 0)`,
  );
  return row?.asked ?? 0;
}
