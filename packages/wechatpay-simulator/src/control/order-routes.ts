import { z } from 'zod';
import { faultsSchema } from '../faults/fault.ts';
import { soleMerchant } from '../merchants/open-merchants.ts';
import { type CreateOrderRequest, createOrder } from '../orders/create-order.ts';
import { type Order, TRADE_TYPES } from '../orders/order.ts';
import {
  attachSchema,
  descriptionSchema,
  instantSchema,
  notifyUrlSchema,
  outTradeNoSchema,
  totalSchema,
} from '../orders/order-rules.ts';
import { type PayRequest, payOrder } from '../orders/pay-order.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { describeOrder, describeOrderFully } from './describe-order.ts';
import type { ControlApp } from './openapi.ts';
import { fullOrderAnswer, orderAnswer } from './order-answers.ts';
import { refusal, refusalText } from './refusal.ts';

/** One call stays below a second of work, and below the body limit. */
const MAX_BULK = 10_000;
const MAX_PAGE = 1_000;
/** Above it the operating system's default of 1,024 open files comes near. */
const MAX_CONCURRENCY = 512;

const mchidSchema = z.string().optional();

const createSchema = z.strictObject({
  outTradeNo: outTradeNoSchema,
  total: totalSchema,
  mchid: mchidSchema,
  notifyUrl: notifyUrlSchema.optional(),
  description: descriptionSchema.optional(),
  attach: attachSchema.optional(),
  tradeType: z.enum(TRADE_TYPES).optional(),
  expiresAt: instantSchema.optional(),
});
const createBulkSchema = z.strictObject({ orders: z.array(createSchema).min(1).max(MAX_BULK) });

const paymentFields = {
  mchid: mchidSchema,
  transactionId: z
    .string()
    .regex(/^[0-9]{1,32}$/, { error: 'must be 1 to 32 digits' })
    .optional(),
  successTime: instantSchema.optional(),
  openid: z.string().min(1).max(128).optional(),
  bankType: z.string().min(1).max(32).optional(),
  coupon: totalSchema.optional(),
  late: z.boolean().optional(),
  faults: faultsSchema.optional(),
};
const paySchema = z.strictObject(paymentFields);
const payBulkSchema = z.strictObject({
  orders: z
    .array(z.strictObject({ outTradeNo: outTradeNoSchema, ...paymentFields }))
    .min(1)
    .max(MAX_BULK),
  concurrency: z.int().min(1).max(MAX_CONCURRENCY).optional(),
});

const pageSchema = z.strictObject({
  mchid: mchidSchema,
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(100),
  after: z.coerce.number().int().min(0).default(0),
});
const lookupSchema = z.strictObject({ mchid: mchidSchema });

const pathSchema = z.strictObject({ outTradeNo: z.string() });
const refusedAnswer = z.array(z.object({ outTradeNo: z.string(), error: z.string() }));

/** Orders and payments: create, pay, look. */
export function registerOrderRoutes(app: ControlApp, parts: SimulatorParts): void {
  app.post(
    '/orders',
    {
      schema: {
        tags: ['orders'],
        summary: 'Makes an order without a signed prepay call, or up to 10,000',
        body: z.union([createSchema, createBulkSchema]),
        response: { 200: z.object({ created: z.int(), refused: refusedAnswer }), 201: orderAnswer },
      },
    },
    async ({ body }, reply) => {
      if ('orders' in body) return reply.code(200).send(createMany(parts, body.orders.map(toCreateRequest)));
      return reply.code(201).send(describeOrder(createOne(parts, toCreateRequest(body))));
    },
  );

  app.post(
    '/orders/:outTradeNo/pay',
    {
      schema: {
        tags: ['orders'],
        summary: 'Pays an order; its notification is on its way. `faults: []` means none, whatever was set or drawn',
        params: pathSchema,
        body: paySchema,
        response: { 200: orderAnswer },
      },
    },
    async ({ body, params }) => {
      const result = payOrder(parts, toPayRequest({ ...body, outTradeNo: params.outTradeNo }));
      if (result.kind !== 'paid') throw refusal(result.kind);
      return describeOrder(result.order);
    },
  );

  app.post(
    '/pay',
    {
      schema: {
        tags: ['orders'],
        summary: 'Pays up to 10,000 orders; `concurrency` holds for all sends from then on',
        body: payBulkSchema,
        response: { 200: z.object({ paid: z.int(), refused: refusedAnswer }) },
      },
    },
    async ({ body: { orders, concurrency } }) => {
      if (concurrency !== undefined) parts.slots.setLimit(concurrency);
      return payMany(parts, orders.map(toPayRequest));
    },
  );

  app.get(
    '/orders',
    {
      schema: {
        tags: ['orders'],
        summary: 'A page of the orders, in order of creation',
        querystring: pageSchema,
        response: {
          200: z.object({ orders: z.array(orderAnswer), next: z.int().nullable().describe('The next `after`.') }),
        },
      },
    },
    async ({ query: { mchid, limit, after } }) => {
      const page = parts.orders.page(mchid, after, limit);
      return { orders: page.orders.map(describeOrder), next: page.next ?? null };
    },
  );

  app.get(
    '/orders/:outTradeNo',
    {
      schema: {
        tags: ['orders'],
        summary: 'An order with its notification, every attempt, and its refunds with theirs',
        params: pathSchema,
        querystring: lookupSchema,
        response: { 200: fullOrderAnswer },
      },
    },
    async ({ params, query }) => {
      const merchant = soleMerchant(parts.merchants, query.mchid);
      if (merchant === undefined) throw refusal('unknown_merchant');
      const order = parts.orders.find(merchant.mchid, params.outTradeNo);
      if (order === undefined) throw refusal('unknown_order');
      return describeOrderFully(order);
    },
  );
}

function createOne(parts: SimulatorParts, wish: CreateOrderRequest): Order {
  const result = createOrder(parts, wish);
  if (result.kind !== 'created') throw refusal(result.kind);
  return result.order;
}

function createMany(parts: SimulatorParts, wishes: readonly CreateOrderRequest[]) {
  const refused: Array<{ outTradeNo: string; error: string }> = [];
  for (const wish of wishes) {
    const result = createOrder(parts, wish);
    if (result.kind !== 'created') refused.push({ outTradeNo: wish.outTradeNo, error: refusalText(result.kind) });
  }
  return { created: wishes.length - refused.length, refused };
}

function payMany(parts: SimulatorParts, requests: readonly PayRequest[]) {
  const refused: Array<{ outTradeNo: string; error: string }> = [];
  for (const request of requests) {
    const result = payOrder(parts, request);
    if (result.kind !== 'paid') refused.push({ outTradeNo: request.outTradeNo, error: refusalText(result.kind) });
  }
  return { paid: requests.length - refused.length, refused };
}

function toCreateRequest({ expiresAt, ...rest }: z.output<typeof createSchema>): CreateOrderRequest {
  return { ...rest, expiresAtMs: expiresAt === undefined ? undefined : Date.parse(expiresAt) };
}

function toPayRequest({ successTime, ...rest }: z.output<typeof paySchema> & { outTradeNo: string }): PayRequest {
  return { ...rest, successTimeMs: successTime === undefined ? undefined : Date.parse(successTime) };
}
