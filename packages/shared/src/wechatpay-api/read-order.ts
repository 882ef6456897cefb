import { z } from 'zod';
import {
  appidSchema,
  currencySchema,
  type Mchid,
  type OutTradeNo,
  paidFenSchema,
  rfc3339Schema,
  transactionIdSchema,
} from '../rules/wechat-fields.ts';
import type { WechatOrder } from './outcomes.ts';
import { misread, parseBody, type Reading } from './reading.ts';

/** Much is missing until the order is paid: payer, attach, trade_type, and of the amount payer_total and currency. */
const orderSchema = z.object({
  mchid: z.string(),
  out_trade_no: z.string(),
  trade_state: z.enum(['SUCCESS', 'REFUND', 'NOTPAY', 'CLOSED', 'REVOKED', 'USERPAYING', 'PAYERROR']),
});

const paymentSchema = z.object({
  appid: appidSchema,
  transaction_id: transactionIdSchema,
  success_time: rfc3339Schema,
  amount: z.object({ total: paidFenSchema, currency: currencySchema }),
});

/** What the answer to a query says about the order (page 4012791859), if it is about the one asked for. */
export function readOrder(body: Buffer, asked: { mchid: Mchid; outTradeNo: OutTradeNo }): Reading<WechatOrder> {
  const order = parseBody(orderSchema, body);
  if (!order.ok) return order;
  const { mchid, out_trade_no, trade_state: tradeState } = order.value;
  if (mchid !== asked.mchid) return misread('untrusted', 'it is about another merchant');
  if (out_trade_no !== asked.outTradeNo) return misread('untrusted', 'it is about another order');
  if (tradeState !== 'SUCCESS' && tradeState !== 'REFUND') return { ok: true, value: { tradeState } };
  const payment = parseBody(paymentSchema, body);
  if (!payment.ok) return payment;
  const { appid, transaction_id, success_time, amount } = payment.value;
  const paid = { transactionId: transaction_id, successTime: success_time, amountTotal: amount.total };
  return { ok: true, value: { tradeState, ...asked, appid, ...paid, currency: amount.currency } };
}
