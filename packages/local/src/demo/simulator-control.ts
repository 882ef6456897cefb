import { z } from 'zod';
import type { PlannedOrder } from './plan-orders.ts';

/** The simulator is on this machine; a page of a thousand orders takes it some ms. */
const CALL_TIMEOUT_MS = 10_000;
const PAGE_ORDERS = 1_000;

const paidSchema = z.object({ refused: z.array(z.object({ outTradeNo: z.string(), error: z.string() })) });

const orderSchema = z.object({
  outTradeNo: z.string(),
  /** Fen. */
  total: z.int(),
  tradeState: z.string(),
  transactionId: z.string().nullable(),
  notification: z.enum(['pending', 'delivered', 'given_up', 'lost']).nullable(),
});
const pageSchema = z.object({ orders: z.array(orderSchema), next: z.int().nullable() });

const attemptsSchema = z.object({
  notification: z
    .object({ attempts: z.array(z.object({ fault: z.string().nullable(), status: z.int().nullable() })) })
    .nullable(),
});

/** What WeChat Pay's side knows of an order; `delivered`: a callback of it was answered 200 or 204. */
export type OrderAtWechatPay = z.output<typeof orderSchema>;

/** Pays the orders, each with the faults of its plan and the time given (ms UTC). */
export async function payAtSimulator(
  controlUrl: string,
  orders: readonly PlannedOrder[],
  successTime: number,
): Promise<void> {
  const payments = orders.map(({ outTradeNo, transactionId, faults }) => ({
    outTradeNo,
    faults,
    successTime: new Date(successTime).toISOString(),
    ...(transactionId === undefined ? {} : { transactionId }),
  }));
  const { refused } = paidSchema.parse(await call(`${controlUrl}/pay`, { orders: payments }));
  const [first] = refused;
  if (first !== undefined) throw new Error(`The simulator refused to pay ${first.outTradeNo}: ${first.error}`);
}

/** All orders that the simulator knows, by out_trade_no. */
export async function listOrders(controlUrl: string): Promise<Map<string, OrderAtWechatPay>> {
  const orders = new Map<string, OrderAtWechatPay>();
  let after: number | null = 0;
  while (after !== null) {
    const page: z.output<typeof pageSchema> = pageSchema.parse(
      await call(`${controlUrl}/orders?limit=${PAGE_ORDERS}&after=${after}`),
    );
    for (const order of page.orders) orders.set(order.outTradeNo, order);
    after = page.next;
  }
  return orders;
}

const FORGED = /^(tampered|signtest)/;

/** How many forged callbacks of this order were answered as if they were true. */
export async function countForgedAccepted(controlUrl: string, outTradeNo: string): Promise<number> {
  const { notification } = attemptsSchema.parse(await call(`${controlUrl}/orders/${outTradeNo}`));
  const accepted = (notification?.attempts ?? []).filter(
    ({ fault, status }) => FORGED.test(fault ?? '') && status !== null && status >= 200 && status < 300,
  );
  return accepted.length;
}

async function call(url: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(url, {
    signal: AbortSignal.timeout(CALL_TIMEOUT_MS),
    ...(body === undefined
      ? {}
      : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  if (!answer.ok) throw new Error(`The simulator answered ${answer.status} to ${url}: ${await answer.text()}`);
  return answer.json();
}
