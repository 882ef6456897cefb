import type { Mchid, OutTradeNo, RefundStatus } from '@payguard/shared/rules/wechat-fields';
import { LONGEST_ORDER_LIFE_MS } from '@payguard/shared/sync-order/close-order';
import type { OrderToSync } from '@payguard/shared/sync-order/sync-order';

export type OrderStatus = 'pending' | 'paid' | 'failed' | 'cancelled' | 'refunded' | 'expired';

/** An order as its row has it. Times are ms UTC, amounts fen. */
export type OrderView = {
  id: number;
  mchid: Mchid;
  outTradeNo: OutTradeNo;
  appid: string | null;
  userId: number;
  status: OrderStatus;
  /** null: an order from before payguard whose amount nobody knows. */
  amountTotal: number | null;
  currency: string;
  points: number;
  bonusPoints: number;
  transactionId: string | null;
  createdAt: number;
  /** null: the shop made the order without one. */
  expiresAt: number | null;
  paidAt: number | null;
  creditedAt: number | null;
  closedAt: number | null;
  /** A person has to look before it may be credited: WeChat Pay's word would change nothing. */
  isHeld: boolean;
  refundedTotal: number;
  refunds: readonly RefundView[];
};

export type RefundView = {
  outRefundNo: string;
  refundId: string | null;
  amount: number;
  status: RefundStatus | 'requested';
  reason: string | null;
  successTime: number | null;
  createdAt: number;
};

/** Neither credited nor closed: `status` alone says nothing (a `failed` that somebody else wrote may still be paid). */
export function awaitsPayment(order: OrderView): boolean {
  return order.creditedAt === null && order.closedAt === null;
}

/** Nothing about it will change by itself any more (invariant 6). */
export function isFinal(order: OrderView): boolean {
  if (awaitsPayment(order)) return false;
  return order.refunds.every(({ status }) => status === 'SUCCESS' || status === 'CLOSED');
}

/** Equal for two looks at an order between which nothing happened that a waiting payer cares for. */
export function fingerprint(order: OrderView): string {
  const { status, creditedAt, closedAt, refundedTotal, refunds } = order;
  return JSON.stringify([status, creditedAt, closedAt, refundedTotal, refunds.map((r) => [r.outRefundNo, r.status])]);
}

/** For sync-order. Without a term of its own an order lives as long as WeChat Pay keeps any. */
export function toSync(order: OrderView): OrderToSync {
  const expiresAt = order.expiresAt ?? order.createdAt + LONGEST_ORDER_LIFE_MS;
  return { mchid: order.mchid, outTradeNo: order.outTradeNo, expiresAt };
}
