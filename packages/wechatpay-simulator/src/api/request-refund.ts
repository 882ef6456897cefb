import { z } from 'zod';
import { explainInvalid } from '../explain-invalid.ts';
import type { Order } from '../orders/order.ts';
import { notifyUrlSchema } from '../orders/order-rules.ts';
import { describeRefund } from '../refunds/describe-refund.ts';
import type { RefundTerms } from '../refunds/refund.ts';
import { refundOrder } from '../refunds/refund-order.ts';
import { outRefundNoSchema, reasonSchema, refundAmountSchema } from '../refunds/refund-rules.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { type ApiOutcome, answered, failed } from './api-outcome.ts';
import { canonicalJson } from './canonical-json.ts';
import { parseJson } from './parse-json.ts';
import type { SignedCall } from './signed-call.ts';

/** Unknown fields (funds_account, goods_detail, …) are taken as they come; they only count for "identical". */
const refundSchema = z
  .looseObject({
    transaction_id: z.string().min(1).max(32).optional(),
    out_trade_no: z.string().min(1).max(32).optional(),
    out_refund_no: outRefundNoSchema,
    reason: reasonSchema.optional(),
    notify_url: notifyUrlSchema.optional(),
    amount: z.looseObject({
      refund: refundAmountSchema,
      total: refundAmountSchema,
      currency: z.literal('CNY', { error: 'must be CNY' }),
    }),
  })
  .refine((fields) => fields.transaction_id !== undefined || fields.out_trade_no !== undefined, {
    path: ['transaction_id'],
    error: 'and out_trade_no are both missing; give one of them',
  });

type RefundRequest = z.output<typeof refundSchema>;

/**
 * `POST /v3/refund/domestic/refunds` (page 4012791862): 200 with the refund as it stands, PROCESSING at first; an
 * identical repeat of out_refund_no gets the same refund and takes no money twice.
 */
export function requestRefund(parts: SimulatorParts, call: SignedCall): ApiOutcome {
  const json = parseJson(call.body);
  const parsed = refundSchema.safeParse(json);
  if (!parsed.success) return failed('PARAM_ERROR', `The request is invalid: ${explainInvalid(parsed.error)}.`);
  const order = findOrder(parts, call.merchant.mchid, parsed.data);
  if (order === undefined)
    return failed('RESOURCE_NOT_EXISTS', 'There is no such order; check its number and the mchid.');
  const outcome = refundOrder(parts, order, termsOf(parsed.data), canonicalJson(json));
  switch (outcome.kind) {
    case 'placed':
    case 'repeated':
      return answered(describeRefund(outcome.refund));
    default:
      return REFUSALS[outcome.kind];
  }
}

/** Where the pages name no code for a rule, the nearest of facts §3.1 stands here. */
const REFUSALS = {
  differs: failed('INVALID_REQUEST', 'out_refund_no was used with other parameters; repeat them exactly.'),
  not_paid: failed('TRADE_ERROR', 'The order is not paid; there is nothing to refund.'),
  total_differs: failed('INVALID_REQUEST', 'amount.total is not that of the order.'),
  not_refundable_so_much: failed('INVALID_REQUEST', 'amount.refund is more than what is left of the order.'),
  too_late: failed('INVALID_REQUEST', 'The order was paid more than 365 days ago and can no longer be refunded.'),
  too_many: failed('RULE_LIMIT', 'The order has its 50 refunds; there can be no more.'),
  too_soon: failed('FREQUENCY_LIMITED', 'Refunds of one order must be at least a minute apart; repeat this one later.'),
  full: failed('SYSTEM_ERROR', 'The simulator holds as many refunds as it can; POST /control/v1/reset empties it.'),
} as const;

function findOrder(parts: SimulatorParts, mchid: string, fields: RefundRequest): Order | undefined {
  const { transaction_id: transactionId, out_trade_no: outTradeNo } = fields;
  const byTransaction =
    transactionId === undefined ? undefined : parts.orders.findByTransactionId(mchid, transactionId);
  const byNumber = outTradeNo === undefined ? undefined : parts.orders.find(mchid, outTradeNo);
  if (transactionId !== undefined && outTradeNo !== undefined && byTransaction !== byNumber) return undefined;
  return byTransaction ?? byNumber;
}

function termsOf(fields: RefundRequest): RefundTerms {
  return {
    outRefundNo: fields.out_refund_no,
    refund: fields.amount.refund,
    total: fields.amount.total,
    reason: fields.reason,
    notifyUrl: fields.notify_url,
    origin: 'api',
  };
}
