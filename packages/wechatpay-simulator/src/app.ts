import type { RequestListener, Server } from 'node:http';
import Fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { answerUnknownPath, registerApiRoutes } from './api/api-routes.ts';
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
    frameworkErrors: (error, request, reply) => answerUnreadablePath(parts, error, request, reply),
  });
  let isStopping = false;
  app.addHook('preClose', async () => {
    isStopping = true;
  });
  // A caller that keeps its connection would otherwise hold up the stop until it times out.
  app.addHook('onSend', async (_request, reply) => {
    if (isStopping) reply.header('connection', 'close');
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

/** A path that is not percent-encoded right, or has too long a part, belongs to no route, so that no route's answer fits. */
function answerUnreadablePath(
  { clock }: SimulatorParts,
  { statusCode = 400, message }: { readonly statusCode?: number; readonly message: string },
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  if (!request.url.startsWith('/v3/'))
    return reply.code(statusCode).send({ error: `The path is invalid: ${message}.` });
  return answerUnknownPath(reply.header('Date', new Date(clock.now()).toUTCString()));
}
