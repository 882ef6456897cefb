import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { resetSimulator } from '../reset-simulator.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { registerClockRoutes } from './clock-routes.ts';
import { describeMerchant } from './describe-merchant.ts';
import { toIso } from './describe-order.ts';
import { registerFaultRoutes } from './fault-routes.ts';
import { registerOrderRoutes } from './order-routes.ts';
import { registerRefundRoutes } from './refund-routes.ts';
import { parseInput } from './refusal.ts';

const redeliverSchema = z.strictObject({ outTradeNo: z.string().optional() });

/** The control API, `/control/v1/…`: what the payer, the network and the test's author do. Unsigned. */
export function registerControlRoutes(app: FastifyInstance, parts: SimulatorParts): void {
  const { clock, deliveries } = parts;

  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: error.message }),
  );

  app.get('/health', async () => ({ status: 'ok', now: toIso(clock.now()) }));
  app.get('/merchants', async () => ({
    merchants: [...parts.merchants.values()].map((merchant) => describeMerchant(merchant, parts.stateDir)),
  }));

  registerOrderRoutes(app, parts);
  registerRefundRoutes(app, parts);
  registerFaultRoutes(app, parts);
  registerClockRoutes(app, parts);

  app.get('/notifications/summary', async () => ({ orders: parts.orders.size, ...deliveries.summary() }));
  app.post('/notifications/redeliver-now', async (request) => {
    const { outTradeNo } = parseInput(redeliverSchema, request.body);
    return { hurried: deliveries.redeliverNow(outTradeNo) };
  });

  app.post('/reset', async (_request, reply) => {
    await resetSimulator(parts);
    return reply.code(204).send();
  });
}
