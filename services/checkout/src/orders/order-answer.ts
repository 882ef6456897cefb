import { z } from 'zod';
import { isFinal, type OrderView, type RefundView } from './order-view.ts';

const fen = z.int().min(0).describe('Fen (1/100 yuan).');
const instant = z.iso.datetime().describe('RFC 3339, UTC.');

export const refundAnswer = z
  .object({
    mchid: z.string(),
    out_trade_no: z.string(),
    out_refund_no: z.string(),
    refund_id: z.string().nullable().describe("WeChat Pay's number; null until it has accepted the refund."),
    amount: fen,
    status: z
      .enum(['requested', 'PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL'])
      .describe('requested: not accepted by WeChat Pay yet, and tried again; the others are its own.'),
    reason: z.string().nullable(),
    created_at: instant,
    success_time: instant.nullable(),
  })
  .meta({ id: 'PaymentRefund', description: 'A refund of an order.' });

export const orderAnswer = z
  .object({
    mchid: z.string(),
    out_trade_no: z.string(),
    appid: z.string().nullable(),
    user_id: z.int(),
    status: z.enum(['pending', 'paid', 'failed', 'cancelled', 'refunded', 'expired']),
    final: z.boolean().describe('Nothing will change by itself any more: credited with no refund open, or closed.'),
    amount_total: fen.nullable(),
    currency: z.string(),
    points: z.int(),
    bonus_points: z.int(),
    transaction_id: z.string().nullable().describe("WeChat Pay's number of the payment."),
    created_at: instant,
    expires_at: instant.nullable(),
    paid_at: instant.nullable(),
    credited_at: instant.nullable().describe('When the points were given: this, not status, says that they were.'),
    closed_at: instant.nullable(),
    refunded_total: fen,
    refunds: z.array(refundAnswer),
  })
  .meta({ id: 'PaymentOrder', description: 'An order as it stands.' });

export type OrderAnswer = z.output<typeof orderAnswer>;
export type RefundAnswer = z.output<typeof refundAnswer>;

export function describeOrder(order: OrderView): OrderAnswer {
  return {
    mchid: order.mchid,
    out_trade_no: order.outTradeNo,
    appid: order.appid,
    user_id: order.userId,
    status: order.status,
    final: isFinal(order),
    amount_total: order.amountTotal,
    currency: order.currency,
    points: order.points,
    bonus_points: order.bonusPoints,
    transaction_id: order.transactionId,
    created_at: toIso(order.createdAt),
    expires_at: toIsoOrNull(order.expiresAt),
    paid_at: toIsoOrNull(order.paidAt),
    credited_at: toIsoOrNull(order.creditedAt),
    closed_at: toIsoOrNull(order.closedAt),
    refunded_total: order.refundedTotal,
    refunds: order.refunds.map((refund) => describeRefund(order, refund)),
  };
}

export function describeRefund(order: Pick<OrderView, 'mchid' | 'outTradeNo'>, refund: RefundView): RefundAnswer {
  return {
    mchid: order.mchid,
    out_trade_no: order.outTradeNo,
    out_refund_no: refund.outRefundNo,
    refund_id: refund.refundId,
    amount: refund.amount,
    status: refund.status,
    reason: refund.reason,
    created_at: toIso(refund.createdAt),
    success_time: toIsoOrNull(refund.successTime),
  };
}

export function toIso(ms: number): string {
  return new Date(ms).toISOString();
}

function toIsoOrNull(ms: number | null): string | null {
  return ms === null ? null : toIso(ms);
}
