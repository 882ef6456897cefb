import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { soleMerchant } from '../merchants/open-merchants.ts';
import type { Order } from '../orders/order.ts';
import { notifyUrlSchema, outTradeNoSchema } from '../orders/order-rules.ts';
import type { Refund } from '../refunds/refund.ts';
import { refundOrder, settleRefund } from '../refunds/refund-order.ts';
import { outRefundNoSchema, reasonSchema, refundAmountSchema } from '../refunds/refund-rules.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { describeRefundFully } from './describe-order.ts';
import { parseInput, refusal } from './refusal.ts';

const mchidSchema = z.string().optional();

const byHandSchema = z.strictObject({
  outTradeNo: outTradeNoSchema,
  outRefundNo: outRefundNoSchema,
  refund: refundAmountSchema,
  reason: reasonSchema.optional(),
  mchid: mchidSchema,
});
const settleSchema = z.strictObject({ status: z.enum(['SUCCESS', 'ABNORMAL', 'CLOSED']), mchid: mchidSchema });
const v2UrlSchema = z.strictObject({ url: notifyUrlSchema.nullable(), mchid: mchidSchema });
const lookupSchema = z.strictObject({ mchid: mchidSchema });

interface RefundPath {
  Params: { outRefundNo: string };
}

/** Refunds from the side of WeChat Pay: made by hand in the merchant platform, ended one way or another, looked at. */
export function registerRefundRoutes(app: FastifyInstance, parts: SimulatorParts): void {
  app.post('/refunds', async (request, reply) => {
    const { mchid, outTradeNo, ...wish } = parseInput(byHandSchema, request.body);
    const order = findOrder(parts, mchid, outTradeNo);
    const terms = {
      ...wish,
      reason: wish.reason,
      total: order.terms.total,
      notifyUrl: undefined,
      origin: 'merchant_platform',
    } as const;
    const outcome = refundOrder(parts, order, terms, JSON.stringify(terms));
    if (outcome.kind !== 'placed' && outcome.kind !== 'repeated') throw refusal(outcome.kind);
    return reply.code(201).send(describeRefundFully(outcome.refund));
  });

  app.get<RefundPath>('/refunds/:outRefundNo', async (request) => {
    const { mchid } = parseInput(lookupSchema, request.query);
    return describeRefundFully(findRefund(parts, mchid, request.params.outRefundNo));
  });

  app.post<RefundPath>('/refunds/:outRefundNo/settle', async (request) => {
    const { mchid, status } = parseInput(settleSchema, request.body);
    const refund = findRefund(parts, mchid, request.params.outRefundNo);
    if (!settleRefund(parts, refund, status)) throw refusal('refund_is_final');
    return describeRefundFully(refund);
  });

  app.put('/refunds/v2-notify-url', async (request) => {
    const { mchid, url } = parseInput(v2UrlSchema, request.body);
    const merchant = soleMerchant(parts.merchants, mchid);
    if (merchant === undefined) throw refusal('unknown_merchant');
    if (url === null) parts.refunds.v2NotifyUrls.delete(merchant.mchid);
    else parts.refunds.v2NotifyUrls.set(merchant.mchid, url);
    return { mchid: merchant.mchid, url };
  });
}

function findOrder(parts: SimulatorParts, mchid: string | undefined, outTradeNo: string): Order {
  const merchant = soleMerchant(parts.merchants, mchid);
  if (merchant === undefined) throw refusal('unknown_merchant');
  const order = parts.orders.find(merchant.mchid, outTradeNo);
  if (order === undefined) throw refusal('unknown_order');
  return order;
}

function findRefund(parts: SimulatorParts, mchid: string | undefined, outRefundNo: string): Refund {
  const merchant = soleMerchant(parts.merchants, mchid);
  if (merchant === undefined) throw refusal('unknown_merchant');
  const refund = parts.refunds.find(merchant.mchid, outRefundNo);
  if (refund === undefined) throw refusal('unknown_refund');
  return refund;
}
