import { z } from 'zod';
import { faultRatesSchema } from '../faults/draw-fault.ts';
import { FAULT_TARGETS } from '../faults/fault-record.ts';
import { orderFaultsSchema, refundNumberFaultsSchema } from '../faults/order-fault.ts';
import { setOrderFaults, setRefundFaults } from '../faults/set-faults.ts';
import { outTradeNoSchema } from '../orders/order-rules.ts';
import { outRefundNoSchema } from '../refunds/refund-rules.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { describeFaultRecord, faultListAnswer, ratesAnswer } from './fault-answers.ts';
import { registerFaultRuleRoutes } from './fault-rule-routes.ts';
import type { ControlApp } from './openapi.ts';
import { refusal } from './refusal.ts';

const MAX_PAGE = 10_000;

const orderSchema = z.strictObject({ faults: orderFaultsSchema });
const refundSchema = z.strictObject({ faults: refundNumberFaultsSchema });
const listSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(1_000),
  after: z.coerce.number().int().min(0).default(0),
  target: z.enum(FAULT_TARGETS).optional(),
  mchid: z.string().optional(),
  outTradeNo: z.string().optional(),
  outRefundNo: z.string().optional(),
  fault: z.string().optional(),
});

const orderPathSchema = z.strictObject({ outTradeNo: outTradeNoSchema });
const refundPathSchema = z.strictObject({ outRefundNo: outRefundNoSchema });

/** Faults: set by rate, by rule, or for an order or refund ahead of its time, and the list of those that happened. */
export function registerFaultRoutes(app: ControlApp, parts: SimulatorParts): void {
  const { faultPlan } = parts;
  registerFaultRuleRoutes(app, parts);

  app.get(
    '/faults',
    {
      schema: {
        tags: ['faults'],
        summary: 'Every fault that has happened: what should have been withstood or found',
        querystring: listSchema,
        response: { 200: faultListAnswer },
      },
    },
    async ({ query: { limit, after, ...filter } }) => {
      const page = faultPlan.log.page(filter, after, limit);
      return {
        rates: faultPlan.rates ?? null,
        faults: page.records.map(describeFaultRecord),
        next: page.next ?? null,
        notKept: faultPlan.log.dropped,
      };
    },
  );

  app.put(
    '/faults/rates',
    {
      schema: {
        tags: ['faults'],
        summary: 'Faults by chance; the draw depends on the seed and the number of order or refund only',
        body: faultRatesSchema,
        response: { 200: ratesAnswer },
      },
    },
    async ({ body }) => {
      faultPlan.setRates(body);
      return body;
    },
  );

  app.post(
    '/faults/:outTradeNo',
    {
      schema: {
        tags: ['faults'],
        summary: 'Faults for an order, ahead of its payment',
        params: orderPathSchema,
        body: orderSchema,
        response: { 200: z.object({ ...orderPathSchema.shape, ...orderSchema.shape }) },
      },
    },
    async ({ params: { outTradeNo }, body: { faults } }) => {
      if (!setOrderFaults(parts, outTradeNo, faults)) throw refusal('full');
      return { outTradeNo, faults };
    },
  );

  app.post(
    '/faults/refunds/:outRefundNo',
    {
      schema: {
        tags: ['faults'],
        summary: 'Faults for a refund and its notification, ahead of it',
        params: refundPathSchema,
        body: refundSchema,
        response: { 200: z.object({ ...refundPathSchema.shape, ...refundSchema.shape }) },
      },
    },
    async ({ params: { outRefundNo }, body: { faults } }) => {
      if (!setRefundFaults(parts, outRefundNo, faults)) throw refusal('full');
      return { outRefundNo, faults };
    },
  );
}
