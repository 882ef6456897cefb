import type { Checkout } from '../checkout.ts';
import { ProblemError } from '../http/problem.ts';
import type { ServedMerchant } from '../served-merchants.ts';
import type { OrderView } from './order-view.ts';
import { findOrderId, readOrders } from './read-orders.ts';

/** The merchant's order of this number. Throws a ProblemError (404) when there is none. */
export async function findOrder(
  { pool, shopTimeZone }: Checkout,
  { mchid }: ServedMerchant,
  outTradeNo: string,
): Promise<OrderView> {
  const id = await findOrderId(pool, mchid, outTradeNo);
  const order = id === undefined ? undefined : (await readOrders(pool, [id], shopTimeZone)).get(id);
  if (order !== undefined) return order;
  const detail = `out_trade_no: merchant ${mchid} has no order ${outTradeNo}; make it with POST /v1/orders.`;
  throw new ProblemError({ kind: 'not-found', detail, field: 'out_trade_no' });
}
