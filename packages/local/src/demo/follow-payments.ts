import { setTimeout as wait } from 'node:timers/promises';
import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import type { PlannedOrder } from './plan-orders.ts';
import { readCredits } from './read-credits.ts';
import type { Credit } from './recovery.ts';
import { listOrders, type OrderAtWechatPay, payAtSimulator } from './simulator-control.ts';

/** Slow enough to be seen, quick enough not to be waited for: whatever the number, about ten seconds. */
const PAYING_SECONDS = 10;
const SLOWEST_PER_SECOND = 100;
const TICK_MS = 200;
/** An order is asked about every 45 s at the latest, a refused callback comes again after 15 s: longer than both is stuck. */
const NO_PROGRESS_MS = 120_000;
export const NO_PROGRESS_SECONDS = NO_PROGRESS_MS / 1_000;

export type Moment = {
  paid: readonly PlannedOrder[];
  credits: readonly Credit[];
  /** Credited already, and a callback is still to come: it must not credit again. */
  callbacksToCome: number;
};

export type Followed = {
  /** By out_trade_no. */
  credits: ReadonlyMap<string, Credit>;
  atWechatPay: ReadonlyMap<string, OrderAtWechatPay>;
  /** False when it was given up after 120 s without progress. */
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

/** Pays the orders a few at a time and follows them until all are credited and no callback is still to come. */
export async function followPayments(options: FollowOptions): Promise<Followed> {
  const { prisma, orders, userIds, controlUrl, signal } = options;
  const paidAt = new Map<string, number>();
  const credits = new Map<string, Credit>();
  const reader = readCredits(prisma, userIds, paidAt);
  const perTick = Math.ceil((Math.max(SLOWEST_PER_SECOND, orders.length / PAYING_SECONDS) * TICK_MS) / 1000);
  let atWechatPay: ReadonlyMap<string, OrderAtWechatPay> = new Map();
  let areCallbacksOver = false;
  let progress = { key: '', at: performance.now() };

  while (true) {
    const due = orders.slice(paidAt.size, paidAt.size + perTick);
    if (due.length > 0) {
      const now = Date.now();
      for (const { outTradeNo } of due) paidAt.set(outTradeNo, now);
      await payAtSimulator(controlUrl, due, now);
    } else if (!areCallbacksOver) {
      atWechatPay = await listOrders(controlUrl);
    }
    await reader.readNew(credits);
    const toCome = orders.filter(({ outTradeNo }) => atWechatPay.get(outTradeNo)?.notification === 'pending');
    areCallbacksOver = due.length === 0 && toCome.length === 0;
    const callbacksToCome = toCome.filter(({ outTradeNo }) => credits.has(outTradeNo)).length;
    options.onMoment({ paid: orders.slice(0, paidAt.size), credits: [...credits.values()], callbacksToCome });

    const isComplete = areCallbacksOver && credits.size === orders.length;
    const key = `${paidAt.size} ${credits.size} ${toCome.length}`;
    if (key !== progress.key) progress = { key, at: performance.now() };
    const isStuck = performance.now() - progress.at > NO_PROGRESS_MS;
    if (isComplete || isStuck) return { credits, atWechatPay, isComplete };
    await wait(TICK_MS, undefined, { signal });
  }
}
