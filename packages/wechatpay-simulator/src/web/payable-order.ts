import { type Order, tradeStateOf } from '../orders/order.ts';

/** `expired`: past its time_expire, although nobody has closed it yet. */
export type PayableState = 'open' | 'paid' | 'closed' | 'expired';

/** What a payer is shown of an order: no more than WeChat shows. Amounts in fen, times ISO 8601 in UTC. */
export function describePayable(order: Order, nowMs: number) {
  const { terms, payment } = order;
  return {
    state: payableStateOf(order, nowMs),
    mchid: terms.mchid,
    outTradeNo: terms.outTradeNo,
    tradeType: terms.tradeType,
    description: terms.description,
    total: terms.total,
    expiresAt: new Date(terms.expiresAtMs).toISOString(),
    transactionId: payment?.transactionId ?? null,
    paidAt: payment === undefined ? null : new Date(payment.successTimeMs).toISOString(),
  };
}

export type PayableDescription = ReturnType<typeof describePayable>;

function payableStateOf(order: Order, nowMs: number): PayableState {
  switch (tradeStateOf(order)) {
    case 'SUCCESS':
    case 'REFUND':
      return 'paid';
    case 'CLOSED':
      return 'closed';
    case 'NOTPAY':
      return nowMs >= order.terms.expiresAtMs ? 'expired' : 'open';
  }
}
