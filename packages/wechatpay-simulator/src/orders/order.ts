import type { Notification } from '../notifications/notification.ts';
import type { Refund } from '../refunds/refund.ts';

/** How the payer pays (page 4012791861); the simulator makes orders of these four. */
export const TRADE_TYPES = ['NATIVE', 'JSAPI', 'APP', 'MWEB'] as const;
export type TradeType = (typeof TRADE_TYPES)[number];

/** What a prepay call fixes about an order; a repeat must agree in all of it. Amounts in fen. */
export interface OrderTerms {
  readonly mchid: string;
  readonly appid: string;
  readonly outTradeNo: string;
  readonly tradeType: TradeType;
  readonly description: string;
  readonly notifyUrl: string;
  readonly total: number;
  readonly attach: string | undefined;
  /** Who must pay it; JSAPI orders name their payer. */
  readonly payerOpenid: string | undefined;
  /** The shop's terminal, as scene_info named it; told back in every answer about the order. */
  readonly deviceId?: string | undefined;
  /** ms UTC. */
  readonly expiresAtMs: number;
}

/** What the payer's payment adds. */
export interface Payment {
  readonly transactionId: string;
  /** ms UTC. */
  readonly successTimeMs: number;
  readonly openid: string;
  readonly bankType: string;
  /** Fen of the total that a coupon paid instead of the payer; at least 1, less than the total. */
  readonly coupon?: number | undefined;
}

/** What the payer paid, in fen. */
export function payerTotalOf(total: number, payment: Payment): number {
  return total - (payment.coupon ?? 0);
}

/** Faults by which somebody pays without a pay call. */
export const PLANNED_PAYMENT_FAULTS = ['late_payment', 'close_race_close_first'] as const;

export interface PlannedPayment {
  readonly fault: (typeof PLANNED_PAYMENT_FAULTS)[number];
  /** ms UTC. */
  readonly dueMs: number;
}

export interface Order {
  readonly terms: OrderTerms;
  /** Of the request that made the order; a repeat with another one is refused. */
  readonly requestDigest: string;
  /** What brings the payer to the order; see prepay-handle.ts. */
  prepayHandle: string;
  /** ms UTC; a handle is good for two hours, an h5_url for five minutes. */
  handleIssuedAtMs: number;
  readonly createdAtMs: number;
  /** ms UTC; set by the merchant's close call. A payment that raced it may still come. */
  closedAtMs: number | undefined;
  payment: Payment | undefined;
  notification: Notification | undefined;
  /** A payment that comes by itself, as a fault. */
  plannedPayment?: PlannedPayment | undefined;
  /** In order of request; at most 50 (page 4012791862). Replaced, not changed, when one is added. */
  refunds: readonly Refund[];
}

/** Shared by all orders that have none, which is nearly all of them. */
export const NO_REFUNDS: Order['refunds'] = [];

/** The states that payments other than by payment code know (page 4012791858). */
export type TradeState = 'NOTPAY' | 'SUCCESS' | 'CLOSED' | 'REFUND';

/**
 * The state a query answers. REFUND from the first refund on, partial ones too: the order is still a paid one. An expired
 * order stays NOTPAY until somebody closes it; a payment that raced its close makes it SUCCESS.
 */
export function tradeStateOf(order: Order): TradeState {
  if (order.payment !== undefined) return order.refunds.length === 0 ? 'SUCCESS' : 'REFUND';
  return order.closedAtMs === undefined ? 'NOTPAY' : 'CLOSED';
}
