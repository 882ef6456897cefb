import { mismatchRecord } from '@payguard/shared/sync-order/order-records';
import { publish } from '@payguard/shared/sync-order/sync-order';
import type { PaidWechatOrder } from '@payguard/shared/wechatpay-api/outcomes';
import { type MerchantPoll, SOURCE } from './poll-dependencies.ts';
import { type OrderFacts, readOpenMatters, readOrders } from './read-orders.ts';

/**
 * Tells of a payment that was published and is still not credited: the incident itself. Needless when it has been credited
 * in the meantime, or when points has told of it for its own reason (held for a person; not the order's appid, amount or
 * currency). `untold`: the broker did not take it.
 */
export async function reportUncredited(
  poll: MerchantPoll,
  orderId: number,
  payment: PaidWechatOrder,
): Promise<'told' | 'untold' | 'needless'> {
  const order = (await readOrders(poll.pool, [orderId], poll.shopTimeZone)).get(orderId);
  if (order === undefined || order.creditedAt !== null || order.creditHold !== null || differs(order, payment)) {
    return 'needless';
  }
  if ((await readOpenMatters(poll.pool, order)).isHeld) return 'needless';
  const { mchid, outTradeNo, transactionId, tradeState, amountTotal } = payment;
  const record = mismatchRecord(
    {
      kind: 'paid_not_recorded',
      mchid,
      outTradeNo,
      transactionId,
      refundId: null,
      systemStatus: order.paymentStatus,
      wechatStatus: tradeState,
      systemAmount: order.amountTotal,
      wechatAmount: amountTotal,
    },
    { source: SOURCE, now: poll.clock.now(), requestId: null },
  );
  if (!(await publish(poll, record))) return 'untold';
  poll.log.error({ mchid, outTradeNo, transactionId }, 'paid at WeChat Pay and not credited here');
  return 'told';
}

function differs(order: OrderFacts, payment: PaidWechatOrder): boolean {
  return (
    order.mchid !== payment.mchid ||
    order.appid !== payment.appid ||
    order.amountTotal !== payment.amountTotal ||
    order.currency !== payment.currency
  );
}
