import type { PaymentClosed } from '../events/payment-closed.ts';
import type { Witness } from '../events/payment-confirmed.ts';
import { closedRecord } from './order-records.ts';
import { type OrderToSync, publish, type SyncDependencies, type SyncOutcome, syncOrder } from './sync-order.ts';

/** WeChat Pay closes no order older than this (page 4012791860), and keeps none payable longer (page 4012791877). */
export const LONGEST_ORDER_LIFE_MS = 7 * 24 * 60 * 60_000;

/**
 * Closes an order at WeChat Pay and publishes how it really ended: asks, closes, asks again, since a payment may have come
 * in between. Answers `closed` only when WeChat Pay itself said so after the close; `paid` when the payer was faster.
 * `unpaid` means that WeChat Pay would not close it, or has not yet: ask again later.
 */
export async function closeOrder(deps: SyncDependencies, order: OrderToSync, witness: Witness): Promise<SyncOutcome> {
  const before = await syncOrder(deps, order, witness);
  if (before.outcome !== 'unpaid') return before;
  const close = await deps.client.closeOrder(order.outTradeNo);
  switch (close.outcome) {
    case 'closed':
    case 'already_paid':
      return syncOrder(deps, order, witness);
    case 'unavailable':
      return close;
    case 'refused':
      // Too old to be closed (INVALID_REQUEST) is an answer about the order; the others are about us.
      return close.code === 'INVALID_REQUEST' ? before : close;
  }
}

/** Publishes a close that rests on more than one answer: gone for an hour, or unpaid past every term. */
export async function publishClosed(
  deps: SyncDependencies,
  order: OrderToSync,
  tradeState: PaymentClosed['trade_state'],
): Promise<boolean> {
  const seen = { source: deps.source, now: deps.clock.now(), requestId: null };
  return publish(deps, closedRecord({ ...order, tradeState, reason: 'expired' }, seen));
}
