import type { PrepayResult } from '@payguard/shared/wechatpay-api/outcomes';
import { z } from 'zod';
import type { Checkout } from '../checkout.ts';
import { clientOf, merchantOf } from '../http/authenticate.ts';
import { idempotencyHeaders, idempotencyKeyOf } from '../http/idempotency-key.ts';
import type { CheckedApp } from '../http/openapi.ts';
import { ProblemError } from '../http/problem.ts';
import { createOrder } from './create-order.ts';
import { toIso } from './order-answer.ts';
import { orderRequestSchema } from './order-request.ts';
import { type OrderView, toSync } from './order-view.ts';

const made = {
  mchid: z.string(),
  out_trade_no: z.string(),
  status: z.literal('pending'),
  expires_at: z.iso.datetime().describe('Until when it can be paid.'),
};

const jsapiParameters = z.object({
  appId: z.string(),
  timeStamp: z.string(),
  nonceStr: z.string(),
  package: z.string(),
  signType: z.literal('RSA'),
  paySign: z.string(),
});
const appParameters = z.object({
  appid: z.string(),
  partnerid: z.string(),
  prepayid: z.string(),
  package: z.literal('Sign=WXPay'),
  noncestr: z.string(),
  timestamp: z.string(),
  sign: z.string(),
});

export const createdOrderAnswer = z
  .discriminatedUnion('trade_type', [
    z.object({ ...made, trade_type: z.literal('native'), code_url: z.string().describe('To be shown as a QR code.') }),
    z.object({ ...made, trade_type: z.literal('h5'), h5_url: z.string().describe('Where the browser goes (5 min).') }),
    z.object({ ...made, trade_type: z.literal('jsapi'), parameters: jsapiParameters }),
    z.object({ ...made, trade_type: z.literal('app'), parameters: appParameters }),
  ])
  .meta({ id: 'CreatedOrder', description: 'An order, and what the payer pays it with.' });

/** `POST /orders`. */
export function registerCreateOrder(app: CheckedApp, checkout: Checkout): void {
  app.post(
    '/orders',
    {
      schema: {
        tags: ['orders'],
        summary: 'Makes an order and prepays it',
        description:
          'The same request again (same number or Idempotency-Key) gets the same order, and what to pay it with anew: repeat ' +
          'it after every answer that says retry, and after none. 201 the first time, 200 afterwards.',
        headers: idempotencyHeaders,
        body: orderRequestSchema,
        response: { 200: createdOrderAnswer, 201: createdOrderAnswer },
      },
    },
    async (request, reply) => {
      const merchant = merchantOf(request, request.body.mchid, checkout.merchants);
      const idempotencyKey = idempotencyKeyOf(request.headers);
      const created = await createOrder(checkout, {
        request: request.body,
        merchant,
        client: clientOf(request),
        idempotencyKey,
      });
      if (created.outcome === 'refused') throw new ProblemError(created.problem);
      return reply.code(created.isNew ? 201 : 200).send(describeCreated(created.view, created.result));
    },
  );
}

function describeCreated(view: OrderView, result: PrepayResult): z.output<typeof createdOrderAnswer> {
  const order = {
    mchid: view.mchid,
    out_trade_no: view.outTradeNo,
    status: 'pending',
    expires_at: toIso(toSync(view).expiresAt),
  } as const;
  switch (result.tradeType) {
    case 'native':
      return { ...order, trade_type: 'native', code_url: result.codeUrl };
    case 'h5':
      return { ...order, trade_type: 'h5', h5_url: result.h5Url };
    case 'jsapi':
      return { ...order, trade_type: 'jsapi', parameters: result.parameters };
    case 'app':
      return { ...order, trade_type: 'app', parameters: result.parameters };
  }
}
