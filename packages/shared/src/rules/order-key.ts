/** The Kafka key of an order's events, and the key of maps by order: an out_trade_no is unique only within its merchant. */
export function orderKeyOf(order: { mchid: string; out_trade_no: string }): string {
  return `${order.mchid}:${order.out_trade_no}`;
}
