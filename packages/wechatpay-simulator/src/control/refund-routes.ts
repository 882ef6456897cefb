import { z } from 'zod';
import { soleMerchant } from '../merchants/open-merchants.ts';
import type { Order } from '../orders/order.ts';
import { notifyUrlSchema, outTradeNoSchema } from '../orders/order-rules.ts';
import type { Refund } from '../refunds/refund.ts';
import { refundOrder, settleRefund } from '../refunds/refund-order.ts';
import { outRefundNoSchema, reasonSchema, refundAmountSchema } from '../refunds/refund-rules.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { describeRefundFully } from './describe-order.ts';
import type { ControlApp } from './openapi.ts';
import { refundAnswer } from './order-answers.ts';
import { refusal } from './refusal.ts';

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

const pathSchema = z.strictObject({ outRefundNo: z.string() });

/** Refunds from the side of WeChat Pay: made by hand in the merchant platform, ended one way or another, looked at. */
export function registerRefundRoutes(app: ControlApp, parts: SimulatorParts): void {
  app.post(
    '/refunds',
    {
      schema: {
        tags: ['refunds'],
        summary: 'Refunds an order by hand, as in the merchant platform',
        body: byHandSchema,
        response: { 201: refundAnswer },
      },
    },
    async ({ body: { mchid, outTradeNo, ...wish } }, reply) => {
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
    },
  );

  app.get(
    '/refunds/:outRefundNo',
    {
      schema: {
        tags: ['refunds'],
        summary: 'A refund with its notification and every attempt',
        params: pathSchema,
        querystring: lookupSchema,
        response: { 200: refundAnswer },
      },
    },
    async ({ params, query }) => describeRefundFully(findRefund(parts, query.mchid, params.outRefundNo)),
  );

  app.post(
    '/refunds/:outRefundNo/settle',
    {
      schema: {
        tags: ['refunds'],
        summary: 'Ends a refund now, and notifies the merchant; an ABNORMAL one as the person who looks after it',
        params: pathSchema,
        body: settleSchema,
        response: { 200: refundAnswer },
      },
    },
    async ({ params, body: { mchid, status } }) => {
      const refund = findRefund(parts, mchid, params.outRefundNo);
      if (!settleRefund(parts, refund, status)) throw refusal('refund_is_final');
      return describeRefundFully(refund);
    },
  );

  app.put(
    '/refunds/v2-notify-url',
    {
      schema: {
        tags: ['refunds'],
        summary: "Sets the merchant platform's URL to which refunds without notify_url are told in the old API's XML",
        body: v2UrlSchema,
        response: { 200: z.object({ mchid: z.string(), url: z.string().nullable() }) },
      },
    },
    async ({ body: { mchid, url } }) => {
      const merchant = soleMerchant(parts.merchants, mchid);
      if (merchant === undefined) throw refusal('unknown_merchant');
      parts.refunds.setV2NotifyUrl(merchant.mchid, url ?? undefined);
      return { mchid: merchant.mchid, url };
    },
  );
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
