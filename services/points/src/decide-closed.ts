import type { PaymentClosed } from '@payguard/shared/events/payment-closed';
import type { Decision } from './decide.ts';
import { isSentBack } from './late-refund.ts';
import type { OrderState } from './order-state.ts';

export type Close = { at: number; status: 'expired' | 'cancelled'; tradeState: string | null };

/** A close matters only while the order is not credited. */
export function decideClosed(order: OrderState, closed: PaymentClosed): Decision {
  if (order.creditedAt !== null) return { outcome: 'unchanged' };
  const status = closed.reason === 'expired' ? 'expired' : 'cancelled';
  const after = closeOrder(order, { at: Date.parse(closed.observed_at), status, tradeState: closed.trade_state });
  return after === order ? { outcome: 'unchanged' } : { outcome: 'closed', order: after };
}

/** Of several closes the earliest one counts, so that their order does not matter. */
export function closeOrder(order: OrderState, close: Close): OrderState {
  if (order.closedAt !== null && order.closedAt <= close.at) return order;
  const closed: OrderState = {
    ...order,
    closedAt: close.at,
    paymentStatus: close.status,
    tradeState: close.tradeState,
  };
  // A payment on its way back says more about the order than any close.
  if (!isSentBack(order)) return closed;
  const paymentStatus = order.paymentStatus === 'refunded' ? 'refunded' : close.status;
  return { ...closed, paymentStatus, tradeState: order.tradeState };
}
