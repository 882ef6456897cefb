import { z } from 'zod';
import {
  outTradeNoSchema,
  paidFenSchema,
  refundStatusSchema,
  rfc3339Schema,
  transactionIdSchema,
} from '../rules/wechat-fields.ts';
import type { WechatRefund } from './outcomes.ts';
import { misread, parseBody, type Reading } from './reading.ts';

const refundSchema = z.object({
  refund_id: z.string().min(1).max(32),
  out_refund_no: z.string(),
  transaction_id: transactionIdSchema,
  out_trade_no: outTradeNoSchema,
  status: refundStatusSchema,
  success_time: z.string().optional(),
  amount: z.object({ refund: paidFenSchema, total: paidFenSchema }),
});

/** What is known of the refund that was asked for; its payment only where it was sent with it. */
export type RefundAsked = { outRefundNo: string; transactionId?: string; outTradeNo?: string };

/** What the answer to a refund, or to a query of one, says (pages 4012791862, 4012791863), if it is about that one. */
export function readRefund(body: Buffer, asked: RefundAsked): Reading<WechatRefund> {
  const parsed = parseBody(refundSchema, body);
  if (!parsed.ok) return parsed;
  const refund: WechatRefund = {
    refundId: parsed.value.refund_id,
    outRefundNo: parsed.value.out_refund_no,
    transactionId: parsed.value.transaction_id,
    outTradeNo: parsed.value.out_trade_no,
    status: parsed.value.status,
    amountRefund: parsed.value.amount.refund,
    amountTotal: parsed.value.amount.total,
    successTime: parsed.value.status === 'SUCCESS' ? realTime(parsed.value.success_time) : null,
  };
  if (refund.outRefundNo !== asked.outRefundNo) return misread('untrusted', 'it is about another refund');
  const isOfPayment =
    (asked.transactionId ?? refund.transactionId) === refund.transactionId &&
    (asked.outTradeNo ?? refund.outTradeNo) === refund.outTradeNo;
  return isOfPayment ? { ok: true, value: refund } : misread('untrusted', 'it is about a refund of another payment');
}

/** A captured answer has Go's zero time, year 1, where there is none. */
function realTime(text: string | undefined): string | null {
  const isReal = rfc3339Schema.safeParse(text).success && text?.startsWith('0001-') === false;
  return isReal ? text : null;
}
