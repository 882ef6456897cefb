import { z } from 'zod';
import { mchidSchema, outTradeNoSchema, rfc3339Schema, transactionIdSchema } from '../rules/wechat-fields.ts';

/** A person's verdict on a held order. It never overrides appid, mchid, currency or amount (invariant 3). */
export const paymentDecisionSchema = z.object({
  mchid: mchidSchema.describe('Merchant number'),
  out_trade_no: outTradeNoSchema.describe("The merchant's order number"),
  transaction_id: transactionIdSchema.describe('The payment that is held'),
  verdict: z.enum(['credit', 'refund', 'dismiss']).describe('What is to happen with the held payment'),
  by: z.string().min(1).max(128).describe('Who decided'),
  approved_by: z.string().max(128).nullable().describe('Second person, where one is needed'),
  reason: z.string().min(1).max(500).describe('Why'),
  decided_at: rfc3339Schema.describe('When'),
});
export type PaymentDecision = z.infer<typeof paymentDecisionSchema>;
