import type { Clock } from '@payguard/shared/clock/clock';
import type { SyncOutcome } from '@payguard/shared/sync-order/sync-order';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { OrderView } from '../orders/order-view.ts';

/** WeChat Pay's own advice for a page that waits (page 4012075249): every 2 s. */
const SHORTEST_PACE_MS = 2_000;
/** A payer who has not paid for a minute is in no hurry. */
const LONGEST_PACE_MS = 5_000;
const SLOWER_BY = 0.05;
/** At once for one merchant: so that a prepay finds at most so many queries before it in the line of the request budget. */
const MAX_ASKING = 4;
/** Without anybody asking for so long, the next one is a new wait. */
const FORGET_AFTER_MS = 60_000;
/** Followers and pages that look every few seconds; whoever comes beyond is not asked for, the poll does it. */
const MAX_KNOWN = 10_000;

export type OrderAsker = {
  /** Somebody waits for these orders: asks WeChat Pay about each, now or when its turn comes. Once is one question. */
  want(orders: readonly OrderView[]): void;
  /** Asks no more. */
  close(): void;
};

type Known = {
  order: OrderView;
  firstWantedAt: number;
  wantedAt: number;
  dueAt: number;
  wanted: boolean;
  asking: boolean;
};

/** Between two questions about an order for which somebody has waited so long. */
export function askPaceMs(waitedMs: number): number {
  return Math.min(LONGEST_PACE_MS, SHORTEST_PACE_MS + waitedMs * SLOWER_BY);
}

/**
 * Asks WeChat Pay about orders while somebody waits for them: one at a time for each order, few at a time for a merchant,
 * who has waited longest first. What it learns is published, and comes back through the order's row.
 */
export function createOrderAsker(options: {
  ask(order: OrderView): Promise<SyncOutcome>;
  clock: Clock;
  log: Logger;
}): OrderAsker {
  const { clock, log } = options;
  const known = new Map<number, Known>();
  const asking = new Map<string, number>();
  let closed = false;

  const want = (orders: readonly OrderView[]): void => {
    const now = clock.now();
    forgetUnwanted(now);
    for (const order of orders.filter(({ isHeld }) => !isHeld)) {
      const before = known.get(order.id);
      if (before !== undefined) Object.assign(before, { order, wantedAt: now, wanted: true });
      else if (known.size < MAX_KNOWN) {
        known.set(order.id, { order, firstWantedAt: now, wantedAt: now, dueAt: now, wanted: true, asking: false });
      }
    }
    askDue();
  };

  const forgetUnwanted = (now: number): void => {
    for (const [id, { wantedAt, asking }] of known) {
      if (!asking && now - wantedAt >= FORGET_AFTER_MS) known.delete(id);
    }
  };

  const askDue = (): void => {
    const now = clock.now();
    const due = [...known.values()].filter((each) => each.wanted && !each.asking && each.dueAt <= now);
    for (const each of due.sort((a, b) => a.dueAt - b.dueAt)) {
      if (closed) return;
      if ((asking.get(each.order.mchid) ?? 0) < MAX_ASKING) void ask(each, now);
    }
  };

  const ask = async (each: Known, now: number): Promise<void> => {
    const { mchid, outTradeNo } = each.order;
    each.asking = true;
    each.wanted = false;
    each.dueAt = now + askPaceMs(now - each.firstWantedAt);
    asking.set(mchid, (asking.get(mchid) ?? 0) + 1);
    try {
      const { outcome } = await options.ask(each.order);
      if (outcome === 'paid' || outcome === 'closed') log.info({ outTradeNo, outcome }, 'seen while somebody waits');
    } catch (err) {
      log.error({ err, outTradeNo }, 'order cannot be asked about');
    }
    each.asking = false;
    asking.set(mchid, (asking.get(mchid) ?? 1) - 1);
    askDue();
  };

  return {
    want,
    close() {
      closed = true;
    },
  };
}
