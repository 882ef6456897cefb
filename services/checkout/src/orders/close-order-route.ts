import { mchidSchema } from '@payguard/shared/rules/wechat-fields';
import { closeOrder } from '@payguard/shared/sync-order/close-order';
import type { SyncOutcome } from '@payguard/shared/sync-order/sync-order';
import { z } from 'zod';
import { type Checkout, syncDependencies } from '../checkout.ts';
import { merchantOf } from '../http/authenticate.ts';
import type { CheckedApp } from '../http/openapi.ts';
import { ProblemError, type Refusal, refuse } from '../http/problem.ts';
import { findOrder } from './find-order.ts';
import { describeOrder } from './order-answer.ts';
import { orderPath } from './order-status-routes.ts';
import { awaitsPayment, type OrderView, toSync } from './order-view.ts';

const RETRY_AFTER_SECONDS = 2;

const closeBody = z.strictObject({ mchid: mchidSchema.optional() });

const closedAnswer = z
  .object({
    mchid: z.string(),
    out_trade_no: z.string(),
    result: z
      .enum(['closed', 'not_payable'])
      .describe('closed: WeChat Pay has closed it. not_payable: WeChat Pay does not know it; it ends with its time.'),
  })
  .meta({
    id: 'ClosedOrder',
    description:
      'Nobody can pay the order any more, unless it is made payable again: by the request that made it, sent once more.',
  });

/** `POST /orders/:out_trade_no/close`. */
export function registerCloseOrder(app: CheckedApp, checkout: Checkout): void {
  app.post(
    '/orders/:out_trade_no/close',
    {
      schema: {
        tags: ['orders'],
        summary: 'Closes an order, unless the payer was faster',
        description: 'The row follows within seconds. 409 with the order when it is paid; 503: send it again.',
        params: orderPath,
        body: closeBody,
        response: { 200: closedAnswer, 202: closedAnswer },
      },
    },
    async (request, reply) => {
      const merchant = merchantOf(request, request.body.mchid, checkout.merchants);
      const order = await findOrder(checkout, merchant, request.params.out_trade_no);
      const closed = awaitsPayment(order)
        ? explainClose(order, await closeOrder(syncDependencies(checkout, merchant), toSync(order), 'query'))
        : knownEnd(order);
      if (closed.outcome === 'refused') throw new ProblemError(closed.problem);
      const named = { mchid: order.mchid, out_trade_no: order.outTradeNo };
      if (closed.outcome === 'closed') return { ...named, result: 'closed' as const };
      return reply.code(202).send({ ...named, result: 'not_payable' });
    },
  );
}

type CloseAnswer = { outcome: 'closed' } | { outcome: 'not_payable' } | Refusal;

function knownEnd(order: OrderView): CloseAnswer {
  if (order.creditedAt === null) return { outcome: 'closed' };
  return refuse('order-paid', 'The order is paid; refund it instead.', { order: describeOrder(order) });
}

function explainClose(view: OrderView, result: SyncOutcome): CloseAnswer {
  const order = describeOrder(view);
  switch (result.outcome) {
    case 'closed':
      return { outcome: 'closed' };
    case 'paid':
      return refuse('order-paid', 'The payer was faster: the order is paid, its points are on their way.', { order });
    case 'not_exist':
      return { outcome: 'not_payable' };
    case 'refused': {
      const { code, message } = result;
      return refuse('wechatpay-refused', `WeChat Pay does not close the order (${code}: ${message}).`, { order });
    }
    case 'unpaid':
    case 'not_published':
    case 'unavailable': {
      const reason = result.outcome === 'unavailable' ? result.reason : result.outcome;
      const detail = `It is not certain yet that the order is closed (${reason}); send the same request again.`;
      return refuse('unavailable', detail, { order, retryAfterSeconds: RETRY_AFTER_SECONDS });
    }
  }
}
