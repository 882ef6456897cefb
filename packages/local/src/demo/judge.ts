import type { PrismaClient } from '@payguard/shared/database/prisma-client';
import type { PlannedOrder } from './plan-orders.ts';
import { runBounded } from './run-bounded.ts';
import { countForgedAccepted, type OrderAtWechatPay } from './simulator-control.ts';

const CONCURRENCY = 16;

export type Verdict = {
  paid: number;
  credited: number;
  /** Paid and not credited. */
  lost: string[];
  /** Credited more than once, or with more or less than its points. */
  doubled: string[];
  /** Credited unpaid or for another payment, or a forged callback accepted, or a balance that is not the ledger's sum. */
  wrong: string[];
};

export type JudgeOptions = {
  prisma: PrismaClient;
  controlUrl: string;
  orders: readonly PlannedOrder[];
  userIds: bigint[];
  atWechatPay: ReadonlyMap<string, OrderAtWechatPay>;
};

/** Compares what WeChat Pay's side recorded with what the database holds, order by order. */
export async function judge(options: JudgeOptions): Promise<Verdict> {
  const { prisma, userIds, atWechatPay } = options;
  const where = { userId: { in: userIds } };
  const orders = await prisma.paymentOrder.findMany({ where });
  const recharges = await readRecharges(prisma, userIds);
  const verdict: Verdict = {
    paid: 0,
    credited: 0,
    lost: [],
    doubled: [],
    wrong: [...(await findWrongBalances(prisma, userIds)), ...(await findForgedAccepted(options))],
  };
  for (const order of orders) {
    const paid = atWechatPay.get(order.outTradeNo);
    const isPaid = paid?.tradeState === 'SUCCESS';
    const isCredited = order.creditedAt !== null;
    const amounts = recharges.get(order.orderNo) ?? [];
    if (isPaid) verdict.paid += 1;
    if (isCredited) verdict.credited += 1;
    else if (isPaid) verdict.lost.push(order.outTradeNo);
    const isOnce = amounts.length === 1 && amounts[0] === order.points + order.bonusPoints;
    if (isCredited ? !isOnce : amounts.length > 1) verdict.doubled.push(order.outTradeNo);
    const isItsPayment =
      isPaid && paid.transactionId === order.transactionId && paid.total === Number(order.amountTotal);
    if (isCredited ? !isItsPayment : amounts.length > 0) verdict.wrong.push(order.outTradeNo);
  }
  return verdict;
}

/** The amounts of the recharge rows by order number. */
async function readRecharges(prisma: PrismaClient, userIds: bigint[]): Promise<Map<string, number[]>> {
  const rows = await prisma.pointTransaction.findMany({
    where: { userId: { in: userIds }, type: 'recharge' },
    select: { orderNo: true, amount: true },
  });
  const byOrder = Map.groupBy(rows, ({ orderNo }) => orderNo ?? '');
  return new Map([...byOrder].map(([orderNo, lines]) => [orderNo, lines.map(({ amount }) => Number(amount))]));
}

async function findWrongBalances(prisma: PrismaClient, userIds: bigint[]): Promise<string[]> {
  const users = await prisma.user.findMany({ where: { id: { in: userIds } }, select: { id: true, points: true } });
  const sums = await prisma.pointTransaction.groupBy({
    by: ['userId'],
    where: { userId: { in: userIds } },
    _sum: { amount: true },
  });
  const sumOf = new Map(sums.map(({ userId, _sum }) => [userId, _sum.amount ?? 0n]));
  return users.filter(({ id, points }) => points !== (sumOf.get(id) ?? 0n)).map(({ id }) => `balance of user ${id}`);
}

async function findForgedAccepted({ controlUrl, orders }: JudgeOptions): Promise<string[]> {
  const found: string[] = [];
  const forged = orders.filter(({ fate }) => fate === 'tampered' || fate === 'probed');
  await runBounded(forged, CONCURRENCY, async ({ outTradeNo }) => {
    if ((await countForgedAccepted(controlUrl, outTradeNo)) > 0) found.push(`forged callback of ${outTradeNo}`);
  });
  return found;
}
