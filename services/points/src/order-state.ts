import type { RefundStatus } from '@payguard/shared/rules/wechat-fields';

export type PaymentStatus = 'pending' | 'paid' | 'failed' | 'cancelled' | 'refunded' | 'expired';

/** An order as the rules see it. Times are ms UTC, amounts fen; points are whole points. */
export type OrderState = {
  id: number;
  userId: number;
  orderNo: string;
  mchid: string;
  outTradeNo: string;
  appid: string | null;
  /** null: an order from before payguard whose amount nobody knows; never credited by itself. */
  amountTotal: number | null;
  currency: string;
  /** Points and bonus points together: what a payment of this order is worth. */
  points: number;
  paymentStatus: PaymentStatus;
  transactionId: string | null;
  paidAt: number | null;
  /** First verified callback. */
  notifiedAt: number | null;
  tradeState: string | null;
  /** Decides whether the order has its points (invariant 1), never paymentStatus. */
  creditedAt: number | null;
  closedAt: number | null;
  refundedTotal: number;
  pointsTaken: number;
  /** Why a person has to look before this order may be credited; null for almost all. */
  creditHold: string | null;
  refunds: ReadonlyMap<string, RefundState>;
};

/** One refund, by out_refund_no. */
export type RefundState = {
  outRefundNo: string;
  /** WeChat Pay's number; null until it has taken the request. */
  refundId: string | null;
  amount: number;
  status: RefundStatus | 'requested';
  successTime: number | null;
  /** What the payer is told; null for a refund that somebody else asked for. */
  reason: string | null;
};

/** A line to be added to the ledger. `key` is unique: the database refuses a second one. */
export type LedgerEntry = { type: 'recharge' | 'refund'; amount: number; key: string };

/** An order nobody needs to ask about again (invariant 6). */
export function isFinal(order: OrderState): boolean {
  if (order.creditedAt === null) return order.closedAt !== null;
  return [...order.refunds.values()].every((refund) => refund.status === 'SUCCESS' || refund.status === 'CLOSED');
}
