import type { Checkout } from '../checkout.ts';
import { clientOf, merchantOf } from '../http/authenticate.ts';
import { idempotencyHeaders, idempotencyKeyOf } from '../http/idempotency-key.ts';
import type { CheckedApp } from '../http/openapi.ts';
import { ProblemError } from '../http/problem.ts';
import { deriveRefundNumber } from '../orders/derive-number.ts';
import { findOrder } from '../orders/find-order.ts';
import { describeRefund, refundAnswer } from '../orders/order-answer.ts';
import { mchidQuery, orderPath } from '../orders/order-status-routes.ts';
import { outRefundNoSchema, refundRequestSchema } from './refund-request.ts';
import { requestRefund } from './request-refund.ts';

const refundPath = orderPath.extend({ out_refund_no: outRefundNoSchema });

/** `POST /orders/:out_trade_no/refunds`, `GET …/refunds/:out_refund_no`. */
export function registerRefunds(app: CheckedApp, checkout: Checkout): void {
  app.post(
    '/orders/:out_trade_no/refunds',
    {
      schema: {
        tags: ['refunds'],
        summary: 'Refunds an order, in part or whole',
        description:
          '201: WeChat Pay has accepted it. 202: recorded, and sent as soon as WeChat Pay can be reached. 200: it was asked ' +
          'for before, and stands so. Points are taken back when it succeeds.',
        params: orderPath,
        headers: idempotencyHeaders,
        body: refundRequestSchema,
        response: { 200: refundAnswer, 201: refundAnswer, 202: refundAnswer },
      },
    },
    async (request, reply) => {
      const merchant = merchantOf(request, request.body.mchid, checkout.merchants);
      const { amount, reason = null, out_refund_no } = request.body;
      const order = await findOrder(checkout, merchant, request.params.out_trade_no);
      const outRefundNo =
        out_refund_no ??
        deriveRefundNumber({
          mchid: order.mchid,
          client: clientOf(request).id,
          key: requireIdempotencyKey(idempotencyKeyOf(request.headers)),
          outTradeNo: order.outTradeNo,
        });
      const requested = await requestRefund(checkout, merchant, order, { outRefundNo, amount, reason });
      if (requested.outcome === 'refused') throw new ProblemError(requested.problem);
      return reply.code(STATUS[requested.outcome]).send(describeRefund(order, requested.refund));
    },
  );

  app.get(
    '/orders/:out_trade_no/refunds/:out_refund_no',
    {
      schema: {
        tags: ['refunds'],
        summary: 'A refund as it stands',
        params: refundPath,
        querystring: mchidQuery,
        response: { 200: refundAnswer },
      },
    },
    async (request) => {
      const merchant = merchantOf(request, request.query.mchid, checkout.merchants);
      const { out_trade_no, out_refund_no } = request.params;
      const order = await findOrder(checkout, merchant, out_trade_no);
      const refund = order.refunds.find(({ outRefundNo }) => outRefundNo === out_refund_no);
      if (refund !== undefined) return describeRefund(order, refund);
      const detail = `out_refund_no: order ${out_trade_no} has no refund ${out_refund_no}.`;
      throw new ProblemError({ kind: 'not-found', detail, field: 'out_refund_no' });
    },
  );
}

const STATUS = { accepted: 201, requested: 202, repeat: 200 } as const;

function requireIdempotencyKey(key: string | undefined): string {
  if (key !== undefined) return key;
  const detail = 'out_refund_no: none was given; give one, or an Idempotency-Key to make it from.';
  throw new ProblemError({ kind: 'invalid-request', detail, field: 'out_refund_no' });
}
