import { z } from 'zod';
import type { Order } from '../orders/order.ts';
import { type RefundTerms, refundableOf } from './refund.ts';

/** A payment can be refunded for a year (page 4012791862). */
const REFUND_PERIOD_MS = 365 * 24 * 3_600_000;
/** At most 50 partial refunds an order, at least a minute apart (page 4012791862). */
const MAX_REFUNDS = 50;
const MIN_INTERVAL_MS = 60_000;

/** Up to 64 of these characters (page 4012791862). */
export const outRefundNoSchema = z.string().regex(/^[0-9A-Za-z_\-|*@]{1,64}$/, {
  error: 'must be 1 to 64 characters of 0-9 A-Z a-z _ - | * @',
});

export const refundAmountSchema = z
  .int({ error: 'must be an integer number of fen' })
  .min(1, { error: 'must be at least 1 fen' });

export const reasonSchema = z.string().max(80, { error: 'is longer than 80 characters' });

export type RefundRefusal =
  | 'not_paid'
  | 'total_differs'
  | 'not_refundable_so_much'
  | 'too_late'
  | 'too_many'
  | 'too_soon';

/** Why this order cannot be refunded so now, or undefined when it can. */
export function refuseRefund(order: Order, terms: RefundTerms, nowMs: number): RefundRefusal | undefined {
  if (order.payment === undefined) return 'not_paid';
  if (terms.total !== order.terms.total) return 'total_differs';
  if (nowMs - order.payment.successTimeMs > REFUND_PERIOD_MS) return 'too_late';
  if (terms.refund > refundableOf(order)) return 'not_refundable_so_much';
  if (order.refunds.length >= MAX_REFUNDS) return 'too_many';
  const last = order.refunds.at(-1);
  if (last !== undefined && nowMs - last.createdAtMs < MIN_INTERVAL_MS) return 'too_soon';
  return undefined;
}
