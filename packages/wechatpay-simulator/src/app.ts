import type { RequestListener, Server } from 'node:http';
import Fastify, { type FastifyInstance } from 'fastify';
import { registerApiRoutes } from './api/api-routes.ts';
import { registerControlRoutes } from './control/control-routes.ts';
import { collectRoutes } from './control/openapi.ts';
import type { SimulatorParts } from './simulator-parts.ts';
import { registerWebRoutes } from './web/web-routes.ts';

/** A bulk call of 10,000 payments with faults is about 2 MB. */
const BODY_LIMIT_BYTES = 8 * 1024 * 1024;
/** A caller that dawdles over its request should not hold a connection for ever. */
const REQUEST_TIMEOUT_MS = 30_000;

/** Makes the server under the routes: plain, or with TLS. */
export type ServerFactory = (handler: RequestListener) => Server;

/** The HTTP side: the API that merchants call, the control API of whoever runs the simulation, and the pages for people. */
export function buildApp(parts: SimulatorParts, createServer: ServerFactory): FastifyInstance {
  const app = Fastify({
    serverFactory: createServer,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Idle keep-alive connections end with the server; those with an answer under way end after it.
    forceCloseConnections: 'idle',
  });
  // What an answer promises is kept before it leaves: who was told something finds it after a kill, too.
  app.addHook('onSend', async (_request, reply) => {
    if (reply.statusCode < 500) await parts.keeper.saved();
  });
  app.register(async (api) => registerApiRoutes(api, parts), { prefix: '/v3' });
  app.register(
    async (control) => {
      await collectRoutes(control);
      control.register(async (v1) => registerControlRoutes(v1, parts), { prefix: '/v1' });
    },
    { prefix: '/control' },
  );
  app.register(async (web) => registerWebRoutes(web, parts));
  return app;
}
