import { insertOrders } from '@payguard/local/demo/insert-orders';
import type { PlannedOrder } from '@payguard/local/demo/plan-orders';
import { prepayOrders } from '@payguard/local/demo/prepay-orders';
import { payAtSimulator } from '@payguard/local/demo/simulator-control';
import type { RunJson } from '@payguard/local/system/run-file';
import { createPrismaClient } from '@payguard/shared/database/prisma-client';

/** Nothing listens on port 1: it is as if the notify URL pointed at localhost, as in the incident. */
const BROKEN_NOTIFY_URL = 'http://127.0.0.1:1/api/payment/wechat/callback';

export type Payments = {
  count: number;
  /** WeChat Pay is told this notify URL at prepay: ours, or one where nobody listens. */
  notifyUrl: 'right' | 'broken';
  /** What the callback's payment says of the amount. */
  amount: 'right' | 'wrong';
  /** ms UTC: what WeChat Pay says when they were paid. */
  successTime: number;
};

let batches = 0;

/** Orders and pays as the shop and its users do; answers the numbers of the orders. */
export async function payOrders(run: RunJson, payments: Payments): Promise<string[]> {
  batches += 1;
  const batch = `DRILL${batches}${Date.now().toString(36).toUpperCase()}`;
  const orders = Array.from({ length: payments.count }, (_, index) =>
    plannedOrder(`${batch}N${index}`, index, payments),
  );
  const { prisma, close } = createPrismaClient({ url: run.database.url });
  try {
    const { mchid, appid } = run.merchant;
    const { expiresAt } = await insertOrders(prisma, orders, { run: batch, mchid, appid });
    const callbackUrl = payments.notifyUrl === 'right' ? run.gateway.callbackUrl : BROKEN_NOTIFY_URL;
    await prepayOrders({ ...run, gateway: { ...run.gateway, callbackUrl } }, orders, expiresAt);
  } finally {
    await close();
  }
  await payAtSimulator(run.simulator.controlUrl, orders, payments.successTime);
  return orders.map(({ outTradeNo }) => outTradeNo);
}

function plannedOrder(outTradeNo: string, index: number, { amount, notifyUrl }: Payments): PlannedOrder {
  return {
    outTradeNo,
    user: 0,
    amountTotal: 1_000 + index,
    points: 100,
    bonusPoints: 10,
    fate: notifyUrl === 'right' ? 'plain' : 'lost',
    // As long as the drill lasts, every attempt says another amount.
    faults: amount === 'right' ? [] : [{ kind: 'wrong_amount', attempts: 16 }],
  };
}
