import { z } from 'zod';
import { rfc3339Schema } from '../rules/wechat-fields.ts';
import { witnessSchema } from './payment-confirmed.ts';

/** An order was credited: the shop's hook for "your payment has arrived". ce_id is `credit:mchid:out_trade_no`. */
export const pointsCreditedSchema = z.object({
  user_id: z.int().describe("The shop's user"),
  mchid: z.string().describe('Merchant number'),
  out_trade_no: z.string().describe("The merchant's order number"),
  transaction_id: z.string().describe("WeChat Pay's number of the payment"),
  points: z.int().describe('Points credited, bonus included'),
  balance_after: z.int().describe("The user's balance after this credit"),
  witness: witnessSchema.describe('Who saw the payment first'),
  repaired: z.boolean().describe('True when the first witness was not the callback'),
  credited_at: rfc3339Schema.describe('When'),
});
export type PointsCredited = z.infer<typeof pointsCreditedSchema>;
