import { LATE_REFUND_PREFIX } from '@payguard/shared/rules/late-refund-number';
import { mchidSchema } from '@payguard/shared/rules/wechat-fields';
import { z } from 'zod';
import { type Refusal, refuse } from '../http/problem.ts';
import { describeOrder } from '../orders/order-answer.ts';
import type { OrderView, RefundView } from '../orders/order-view.ts';

/** WeChat Pay's limit, in bytes of UTF-8 (page 4013071036). */
const MAX_REASON_BYTES = 80;
/** Refunds of one payment (page 4012791862). */
const MAX_REFUNDS = 50;
/** A payment can be refunded for so long (page 4012791862). */
const REFUNDABLE_FOR_MS = 365 * 24 * 3_600_000;

export const outRefundNoSchema = z
  .string()
  .regex(/^[0-9A-Za-z_\-|*@]{1,64}$/, 'must be 1-64 characters of 0-9 A-Z a-z _ - | * @');

export const refundRequestSchema = z
  .strictObject({
    mchid: mchidSchema.optional().describe('Merchant number; may be left out when the key reaches one only.'),
    out_refund_no: outRefundNoSchema
      .refine((number) => !number.startsWith(LATE_REFUND_PREFIX), `must not begin with ${LATE_REFUND_PREFIX}`)
      .optional()
      .describe("The shop's number of the refund. Left out, it is made from the Idempotency-Key."),
    amount: z.int().min(1).describe('Fen.'),
    reason: z
      .string()
      .min(1)
      .refine((text) => Buffer.byteLength(text) <= MAX_REASON_BYTES, `must have ${MAX_REASON_BYTES} bytes at most`)
      .optional()
      .describe('Shown to the payer; 80 bytes at most.'),
  })
  .meta({ id: 'NewRefund', description: 'Money to be given back.' });

/** A refund as it was asked for. */
export type WantedRefund = { outRefundNo: string; amount: number; reason: string | null };

export type RefundDecision =
  | { outcome: 'new'; transactionId: string; amountTotal: number }
  | { outcome: 'repeat'; refund: RefundView }
  | Refusal;

/**
 * Whether this refund may be given, by an order whose row is locked: never more than was paid, counting every refund that
 * has not definitely failed. `now`: ms UTC.
 */
export function decideRefund(view: OrderView, wanted: WantedRefund, now: number): RefundDecision {
  const known = view.refunds.find(({ outRefundNo }) => outRefundNo === wanted.outRefundNo);
  if (known !== undefined) return sameOrRefuse(known, wanted);
  const { creditedAt, transactionId, amountTotal } = view;
  if (creditedAt === null || transactionId === null || amountTotal === null) {
    return notRefundable(view, 'The order is not paid and credited; refund it once it is');
  }
  if (view.paidAt !== null && now - view.paidAt > REFUNDABLE_FOR_MS) {
    return notRefundable(view, 'The order was paid more than 365 days ago; pay the money back in another way');
  }
  const counting = view.refunds.filter(({ status }) => status !== 'CLOSED');
  if (counting.length >= MAX_REFUNDS) {
    return notRefundable(view, `The order has its ${MAX_REFUNDS} refunds; pay the rest back in another way`);
  }
  const left = amountTotal - promisedFen(view);
  if (wanted.amount > left)
    return notRefundable(view, `amount: ${left} fen are left to refund; ask for less`, 'amount');
  return { outcome: 'new', transactionId, amountTotal };
}

/** Given back already, or on its way. An order refunded before payguard has its total, and no refunds. */
function promisedFen({ refunds, refundedTotal }: OrderView): number {
  const fenOf = (some: readonly RefundView[]) => some.reduce((sum, { amount }) => sum + amount, 0);
  const given = refunds.filter(({ status }) => status === 'SUCCESS');
  const open = refunds.filter(({ status }) => status !== 'SUCCESS' && status !== 'CLOSED');
  return Math.max(refundedTotal, fenOf(given)) + fenOf(open);
}

function sameOrRefuse(known: RefundView, wanted: WantedRefund): RefundDecision {
  if (known.amount === wanted.amount && known.reason === wanted.reason) return { outcome: 'repeat', refund: known };
  return refuseTaken(wanted.outRefundNo);
}

/** The number stands for a refund of another amount, reason or order. */
export function refuseTaken(outRefundNo: string): Refusal {
  const detail = `Refund ${outRefundNo} was asked for with other fields; send those again, or use a new number.`;
  return refuse('refund-differs', detail, { field: 'out_refund_no' });
}

function notRefundable(view: OrderView, what: string, field?: string): Refusal {
  return refuse('not-refundable', `${what}.`, { field, order: describeOrder(view) });
}
