import { z } from 'zod';
import {
  fenSchema,
  mchidSchema,
  outTradeNoSchema,
  paidFenSchema,
  refundStatusSchema,
  rfc3339Schema,
  transactionIdSchema,
} from '../rules/wechat-fields.ts';

/** What WeChat Pay says of one refund. Statuses only move forward; an order may have up to 50 part refunds. */
export const paymentRefundedSchema = z.object({
  mchid: mchidSchema.describe('Merchant number'),
  out_trade_no: outTradeNoSchema.describe("The merchant's order number"),
  transaction_id: transactionIdSchema.describe("WeChat Pay's number of the payment"),
  out_refund_no: z.string().min(1).max(64).describe("The merchant's number of the refund"),
  refund_id: z.string().min(1).max(32).describe("WeChat Pay's number of the refund"),
  amount_refund: paidFenSchema.describe('Refunded amount in fen'),
  amount_total: fenSchema.describe('Order amount in fen'),
  status: refundStatusSchema.describe('PROCESSING, SUCCESS, CLOSED or ABNORMAL'),
  success_time: rfc3339Schema.nullable().describe('When the refund succeeded; null unless SUCCESS'),
  observed_at: rfc3339Schema.describe('When this was seen'),
  evidence_id: z.string().max(128).describe('Notification id or Request-ID'),
});
export type PaymentRefunded = z.infer<typeof paymentRefundedSchema>;
