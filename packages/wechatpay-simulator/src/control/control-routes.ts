import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { resetSimulator } from '../reset-simulator.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { registerBillRoutes } from './bill-routes.ts';
import { registerClockRoutes } from './clock-routes.ts';
import { toIso } from './describe-order.ts';
import { registerFaultRoutes } from './fault-routes.ts';
import { registerLiveRoutes } from './live-routes.ts';
import { registerMerchantRoutes } from './merchant-routes.ts';
import { registerNotificationRoutes } from './notification-routes.ts';
import { type ControlApp, checkBySchema } from './openapi.ts';
import { registerOrderRoutes } from './order-routes.ts';
import { registerRefundRoutes } from './refund-routes.ts';
import { refusal } from './refusal.ts';

/** The control API, `/control/v1/…`: what the payer, the network and the test's author do. Unsigned. */
export function registerControlRoutes(scope: FastifyInstance, parts: SimulatorParts): void {
  scope.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) =>
    reply.code(error.statusCode ?? 500).send({ error: error.message }),
  );
  scope.setNotFoundHandler((request, reply) =>
    reply
      .code(404)
      .send({ error: `There is no ${request.method} ${request.url}; /control/v1/openapi.json lists all calls.` }),
  );
  scope.addHook('onRequest', async (request) => {
    // Another site's page in the same browser could otherwise pay orders here; programs send no such header.
    if (request.method !== 'GET' && request.headers['sec-fetch-site'] === 'cross-site') throw refusal('other_site');
  });

  const app = checkBySchema(scope);
  registerOrderRoutes(app, parts);
  registerRefundRoutes(app, parts);
  registerNotificationRoutes(app, parts);
  registerFaultRoutes(app, parts);
  registerBillRoutes(app, parts);
  registerClockRoutes(app, parts);
  registerMerchantRoutes(app, parts);
  registerLiveRoutes(app, parts);
  registerSimulatorRoutes(app, parts);
}

function registerSimulatorRoutes(app: ControlApp, parts: SimulatorParts): void {
  app.get(
    '/health',
    {
      schema: {
        tags: ['simulator'],
        summary: 'Says that the simulator serves, and its time',
        response: { 200: z.object({ status: z.literal('ok'), now: z.iso.datetime() }) },
      },
    },
    async () => ({ status: 'ok' as const, now: toIso(parts.clock.now()) }),
  );

  app.post(
    '/reset',
    {
      schema: {
        tags: ['simulator'],
        summary: 'Forgets orders, refunds, notifications, bills and faults; keeps keys and time',
        response: { 204: z.null().describe('Forgotten.') },
      },
    },
    async (_request, reply) => {
      await resetSimulator(parts);
      return reply.code(204).send(null);
    },
  );
}
