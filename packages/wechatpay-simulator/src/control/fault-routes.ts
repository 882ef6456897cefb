import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { faultRatesSchema } from '../faults/draw-fault.ts';
import { faultsSchema } from '../faults/fault.ts';
import { outTradeNoSchema } from '../orders/order-rules.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { toIso } from './describe-order.ts';
import { parseInput, refusal } from './refusal.ts';

const MAX_PAGE = 10_000;

const setSchema = z.strictObject({ faults: faultsSchema });
const listSchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).default(1_000),
  after: z.coerce.number().int().min(0).default(0),
});

/** Faults: set by rate or for an order ahead of its payment, and the list of those that happened. */
export function registerFaultRoutes(app: FastifyInstance, parts: SimulatorParts): void {
  const { faultPlan } = parts;

  app.get('/faults', async (request) => {
    const { limit, after } = parseInput(listSchema, request.query);
    const page = faultPlan.records.slice(after, after + limit);
    return {
      rates: faultPlan.rates ?? null,
      faults: page.map(({ atMs, ...record }) => ({ at: toIso(atMs), ...record })),
      next: after + page.length < faultPlan.records.length ? after + page.length : null,
      notKept: faultPlan.dropped,
    };
  });

  app.put('/faults/rates', async (request) => {
    const rates = parseInput(faultRatesSchema, request.body);
    faultPlan.setRates(rates);
    return rates;
  });

  app.post<{ Params: { outTradeNo: string } }>('/faults/:outTradeNo', async (request) => {
    const outTradeNo = parseInput(outTradeNoSchema, request.params.outTradeNo);
    const { faults } = parseInput(setSchema, request.body);
    if (!faultPlan.setForOrder(outTradeNo, faults)) throw refusal('full');
    return { outTradeNo, faults };
  });
}
