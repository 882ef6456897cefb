import { z } from 'zod';
import { mchidSchema, outTradeNoSchema, rfc3339Schema } from '../rules/wechat-fields.ts';

/** An order that cannot be paid any more. Applied only where the order is not credited. */
export const paymentClosedSchema = z.object({
  mchid: mchidSchema.describe('Merchant number'),
  out_trade_no: outTradeNoSchema.describe("The merchant's order number"),
  trade_state: z
    .enum(['CLOSED', 'NOTPAY', 'REVOKED', 'PAYERROR', 'ORDER_NOT_EXIST'])
    .describe('What WeChat Pay answered'),
  reason: z.enum(['expired', 'cancelled']).describe('Ran out of time, or was closed on purpose'),
  observed_at: rfc3339Schema.describe('When this was seen'),
});
export type PaymentClosed = z.infer<typeof paymentClosedSchema>;
