import type { Notification } from '../notifications/notification.ts';
import type { Order } from '../orders/order.ts';

/** What the refund API calls `status` and a notification `refund_status` (pages 4012791863, 4012791865). */
export const REFUND_STATUSES = ['PROCESSING', 'SUCCESS', 'ABNORMAL', 'CLOSED'] as const;
export type RefundStatus = (typeof REFUND_STATUSES)[number];
export type FinalRefundStatus = Exclude<RefundStatus, 'PROCESSING'>;

/** What a refund call fixes. Amounts in fen. */
export interface RefundTerms {
  readonly outRefundNo: string;
  readonly refund: number;
  readonly total: number;
  readonly reason: string | undefined;
  /** Where its result is notified; without one see `v2NotifyUrl` of the refund book. */
  readonly notifyUrl: string | undefined;
  /** By an API call, or by hand in the merchant platform. */
  readonly origin: 'api' | 'merchant_platform';
}

export interface Refund {
  readonly order: Order;
  readonly terms: RefundTerms;
  /** Of the request that made it; a repeat with another one is refused. */
  readonly requestDigest: string;
  /** 29 digits. */
  readonly refundId: string;
  /** Fen of it that go back into the coupon instead of to the payer. */
  readonly discountRefund: number;
  /** ms UTC. */
  readonly createdAtMs: number;
  status: RefundStatus;
  /** ms UTC; when it became SUCCESS, ABNORMAL or CLOSED. */
  settledAtMs: number | undefined;
  /** How it settles by itself, and when (ms UTC). */
  course?: { readonly settlesAtMs: number; readonly status: FinalRefundStatus } | undefined;
  notification: Notification | undefined;
}

/** What of an order's total may still be refunded, in fen: refunds that were closed give their part back. */
export function refundableOf(order: Order): number {
  return order.terms.total - sumOfStanding(order, ({ terms }) => terms.refund);
}

/**
 * What of a refund of `refund` fen belongs to the coupon: the coupon's share of what is left of the order, rounded down
 * (that it is shared out by proportion is known, page 4012791862; the rounding is not). All parts together give it whole.
 */
export function discountOf(order: Order, refund: number): number {
  const refundable = refundableOf(order);
  const couponLeft = (order.payment?.coupon ?? 0) - sumOfStanding(order, ({ discountRefund }) => discountRefund);
  return refundable === 0 ? 0 : Math.floor((refund * couponLeft) / refundable);
}

function sumOfStanding(order: Order, fenOf: (refund: Refund) => number): number {
  const standing = order.refunds.filter(({ status }) => status !== 'CLOSED');
  return standing.reduce((sum, refund) => sum + fenOf(refund), 0);
}
