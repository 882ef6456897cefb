import { setTimeout as wait } from 'node:timers/promises';
import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import type { PlannedOrder } from './plan-orders.ts';
import { listOrders, type OrderAtWechatPay, payAtSimulator } from './simulator-control.ts';

/** Slow enough to be seen, quick enough not to be waited for: whatever the number, about ten seconds. */
const PAYING_SECONDS = 10;
const SLOWEST_PER_SECOND = 100;
const TICK_MS = 200;
/** Tampered and probed callbacks come again after 15 s, and once more after another 15: longer than both is stuck. */
const NO_PROGRESS_MS = 90_000;
/** Credits of one round are committed in any order: the overlap finds those that became visible late. */
const CREDIT_OVERLAP_MS = 5_000;

export type Moment = {
  paid: readonly PlannedOrder[];
  /** ms from payment to credit, of those credited. */
  recoveryMs: readonly number[];
  /** Orders of which something is still to come by itself; all of them while some are unpaid. */
  outstanding: number;
};

export type Followed = {
  /** ms UTC of each payment, by out_trade_no. */
  paidAt: ReadonlyMap<string, number>;
  recoveryMs: readonly number[];
  atWechatPay: ReadonlyMap<string, OrderAtWechatPay>;
  /** False when it was given up after 90 s without progress. */
  isComplete: boolean;
};

export type FollowOptions = {
  prisma: PrismaClient;
  controlUrl: string;
  orders: readonly PlannedOrder[];
  userIds: bigint[];
  onMoment(moment: Moment): void;
  signal: AbortSignal;
};

/** Pays the orders a few at a time and follows them until every callback that is still to come is answered and credited. */
export async function followPayments(options: FollowOptions): Promise<Followed> {
  const { orders, controlUrl, signal } = options;
  const paidAt = new Map<string, number>();
  const credits = new Map<string, number>();
  const perTick = Math.ceil((Math.max(SLOWEST_PER_SECOND, orders.length / PAYING_SECONDS) * TICK_MS) / 1000);
  let atWechatPay: ReadonlyMap<string, OrderAtWechatPay> = new Map();
  let progress = { key: '', at: performance.now() };

  while (true) {
    const due = orders.slice(paidAt.size, paidAt.size + perTick);
    if (due.length > 0) {
      const now = Date.now();
      await payAtSimulator(controlUrl, due, now);
      for (const { outTradeNo } of due) paidAt.set(outTradeNo, now);
    } else {
      atWechatPay = await listOrders(controlUrl);
    }
    await readCredits(options, credits);
    const recoveryMs = [...credits].map(([outTradeNo, at]) => at - (paidAt.get(outTradeNo) ?? at));

    const isOpen = ({ outTradeNo }: PlannedOrder) =>
      isOutstanding(atWechatPay.get(outTradeNo), credits.has(outTradeNo));
    const outstanding = due.length > 0 ? orders.length : orders.filter(isOpen).length;
    options.onMoment({ paid: orders.slice(0, paidAt.size), recoveryMs, outstanding });
    if (due.length === 0 && outstanding === 0) return { paidAt, recoveryMs, atWechatPay, isComplete: true };
    const key = `${paidAt.size} ${credits.size} ${outstanding}`;
    if (key !== progress.key) progress = { key, at: performance.now() };
    if (performance.now() - progress.at > NO_PROGRESS_MS) return { paidAt, recoveryMs, atWechatPay, isComplete: false };
    await wait(TICK_MS, undefined, { signal });
  }
}

/** Something will still happen to it by itself: a callback comes again, or an accepted one is on its way to the ledger. */
function isOutstanding(order: OrderAtWechatPay | undefined, isCredited: boolean): boolean {
  if (order === undefined) return true;
  return order.notification === 'pending' || (order.notification === 'delivered' && !isCredited);
}

async function readCredits({ prisma, userIds }: FollowOptions, credits: Map<string, number>): Promise<void> {
  const newest = [...credits.values()].reduce((latest, at) => Math.max(latest, at), CREDIT_OVERLAP_MS);
  const rows = await prisma.paymentOrder.findMany({
    where: { userId: { in: userIds }, creditedAt: { gte: new Date(newest - CREDIT_OVERLAP_MS) } },
    select: { outTradeNo: true, creditedAt: true },
  });
  for (const { outTradeNo, creditedAt } of rows) {
    if (creditedAt !== null) credits.set(outTradeNo, creditedAt.getTime());
  }
}
