import { z } from 'zod';
import {
  appidSchema,
  currencySchema,
  mchidSchema,
  outTradeNoSchema,
  paidFenSchema,
  rfc3339Schema,
  transactionIdSchema,
} from '../rules/wechat-fields.ts';

export const witnessSchema = z.enum(['callback', 'query', 'bill', 'manual']);
export type Witness = z.infer<typeof witnessSchema>;

/** A witness saw that WeChat Pay holds the money of an order. Any one of them is enough to credit it. */
export const paymentConfirmedSchema = z.object({
  witness: witnessSchema.describe('Who saw it: callback, query (asked WeChat Pay), bill (T+1), manual (an operator)'),
  mchid: mchidSchema.describe('Merchant number'),
  appid: appidSchema.describe('App id the order was made for'),
  out_trade_no: outTradeNoSchema.describe("The merchant's order number"),
  transaction_id: transactionIdSchema.describe("WeChat Pay's number of the payment"),
  amount_total: paidFenSchema.describe('Order amount in fen'),
  currency: currencySchema.describe('Currency of amount_total, CNY'),
  success_time: rfc3339Schema.describe('When the payer paid, as WeChat Pay says'),
  observed_at: rfc3339Schema.describe('When this witness saw it'),
  evidence_id: z.string().max(128).describe('Notification id or Request-ID, to find it again at WeChat Pay'),
});
export type PaymentConfirmed = z.infer<typeof paymentConfirmedSchema>;
