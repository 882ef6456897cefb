import { mchidSchema, outTradeNoSchema } from '@payguard/shared/rules/wechat-fields';
import { z } from 'zod';
import type { Checkout } from '../checkout.ts';
import { merchantOf } from '../http/authenticate.ts';
import type { CheckedApp } from '../http/openapi.ts';
import { ProblemError } from '../http/problem.ts';
import { nextChange } from '../waiting/next-change.ts';
import type { OrderAsker } from '../waiting/order-asker.ts';
import type { OrderWatch } from '../waiting/order-watch.ts';
import { streamOrder } from '../waiting/stream-order.ts';
import { findOrder } from './find-order.ts';
import { describeOrder, orderAnswer } from './order-answer.ts';
import { awaitsPayment } from './order-view.ts';

/** Below the time after which proxies and HTTP clients usually give up. */
const LONGEST_WAIT_SECONDS = 60;
const RETRY_AFTER_SECONDS = 1;

export const orderPath = z.strictObject({ out_trade_no: outTradeNoSchema });
export const mchidQuery = z.strictObject({
  mchid: mchidSchema.optional().describe('Merchant number; may be left out when the key reaches one only.'),
});

const statusQuery = mchidQuery.extend({
  wait: z.coerce
    .number()
    .int()
    .min(0)
    .max(LONGEST_WAIT_SECONDS)
    .default(0)
    .describe('Seconds to wait for a change while the order is unpaid.'),
});

const EVENTS_ANSWER = {
  description:
    'Events named `status`, each with a PaymentOrder as its data; comments in between keep the connection alive.',
  content: { 'text/event-stream': { schema: z.string() } },
};

/** `GET /orders/:out_trade_no` and its events. Whoever asks for an unpaid order makes checkout ask WeChat Pay about it. */
export function registerOrderStatus(
  app: CheckedApp,
  checkout: Checkout & { asker: OrderAsker; watch: OrderWatch },
): void {
  const { asker, watch, merchants } = checkout;

  app.get(
    '/orders/:out_trade_no',
    {
      schema: {
        tags: ['orders'],
        summary: 'An order as it stands; with wait, as soon as it changes',
        params: orderPath,
        querystring: statusQuery,
        response: { 200: orderAnswer },
      },
    },
    async (request, reply) => {
      const merchant = merchantOf(request, request.query.mchid, merchants);
      const order = await findOrder(checkout, merchant, request.params.out_trade_no);
      if (!awaitsPayment(order)) return describeOrder(order);
      if (request.query.wait === 0) {
        asker.want([order]);
        return describeOrder(order);
      }
      const changed = nextChange(watch, order, request.query.wait * 1_000, reply.raw);
      if (changed === undefined) throw tooManyWaiters();
      return describeOrder(await changed);
    },
  );

  app.get(
    '/orders/:out_trade_no/events',
    {
      schema: {
        tags: ['orders'],
        summary: 'Server-sent events: the order at once and at each change, until it is final (10 min at most)',
        params: orderPath,
        querystring: mchidQuery,
        response: { 200: EVENTS_ANSWER },
      },
    },
    async (request, reply) => {
      const merchant = merchantOf(request, request.query.mchid, merchants);
      const order = await findOrder(checkout, merchant, request.params.out_trade_no);
      if (!streamOrder(watch, order, reply.raw)) throw tooManyWaiters();
      reply.hijack();
    },
  );
}

function tooManyWaiters(): ProblemError {
  const detail = 'Too many requests wait for orders here; ask without wait, or again in a second.';
  return new ProblemError({ kind: 'too-many-waiters', detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
}
