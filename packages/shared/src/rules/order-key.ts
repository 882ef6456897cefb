/** The Kafka key of an order's events, and the key of maps by order: an out_trade_no is unique only within its merchant. */
export function orderKeyOf(order: { mchid: string; out_trade_no: string }): string {
  return `${order.mchid}:${order.out_trade_no}`;
}

/** What `orderKeyOf` made a key of; a mchid has no colon in it. */
export function readOrderKey(key: string): { mchid: string; out_trade_no: string } | undefined {
  const colon = key.indexOf(':');
  return colon === -1 ? undefined : { mchid: key.slice(0, colon), out_trade_no: key.slice(colon + 1) };
}
