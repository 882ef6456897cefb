import fastifyRateLimit from '@fastify/rate-limit';
import type { ApiKey } from '@payguard/shared/config/api-keys-file';
import type { Drain } from '@payguard/shared/http/drain';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import Fastify from 'fastify';
import type { Checkout } from './checkout.ts';
import { answerErrors } from './http/answer-errors.ts';
import { identifyClients, requireClients } from './http/authenticate.ts';
import { checkBySchema, collectRoutes } from './http/openapi.ts';
import { ProblemError } from './http/problem.ts';
import { registerCloseOrder } from './orders/close-order-route.ts';
import { registerCreateOrder } from './orders/create-order-route.ts';
import { registerOrderStatus } from './orders/order-status-routes.ts';
import { registerRefunds } from './refunds/refund-routes.ts';
import type { OrderAsker } from './waiting/order-asker.ts';
import type { OrderWatch } from './waiting/order-watch.ts';

/** The largest request, with every text at its limit, has 3 KB. */
const MAX_BODY_BYTES = 16 * 1024;
/** A caller in the same network sends its kilobyte at once. */
const REQUEST_TIMEOUT_MS = 10_000;
const HEAD_TIMEOUT_MS = 5_000;
/** Longer than the idle time of usual connection pools, so that the caller closes first. */
const KEEP_ALIVE_MS = 65_000;
/** Waiters hold one each; more are refused by the kernel's queue, before they cost memory. */
const MAX_CONNECTIONS = 8_192;
const MINUTE_MS = 60_000;

export type AppDependencies = Checkout & {
  apiKeys(): readonly ApiKey[];
  asker: OrderAsker;
  watch: OrderWatch;
  drain: Drain;
  requestsPerMinute: number;
};

/** The order API: everything under /v1 wants a key, /openapi.json says what there is. */
export async function buildApp(deps: AppDependencies): Promise<FastifyInstance> {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEAD_TIMEOUT_MS },
    forceCloseConnections: 'idle',
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  deps.drain.attachTo(app);
  takeEmptyBodies(app);
  answerErrors(app, deps.log);
  noteRequests(app, deps);
  identifyClients(app, deps.apiKeys, deps.clock);
  await limitRequests(app, deps.requestsPerMinute);
  await collectRoutes(app);
  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
  // Before the server stops: it waits for open answers, and those of waiters take up to ten minutes.
  app.addHook('preClose', async () => deps.watch.close());

  app.register(
    async (v1) => {
      requireClients(v1);
      const checked = checkBySchema(v1);
      registerCreateOrder(checked, deps);
      registerOrderStatus(checked, deps);
      registerCloseOrder(checked, deps);
      registerRefunds(checked, deps);
    },
    { prefix: '/v1' },
  );
  return app;
}

/** Many clients send their content type with every call, also with one that needs no body. */
function takeEmptyBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error');
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body === '') done(null, {});
    else parseJson(request, String(body), done);
  });
}

/** Each client its own allowance; whoever brings no key shares that of its address. */
async function limitRequests(app: FastifyInstance, requestsPerMinute: number): Promise<void> {
  await app.register(fastifyRateLimit, {
    max: requestsPerMinute,
    timeWindow: MINUTE_MS,
    enableDraftSpec: true,
    keyGenerator: ({ client, ip }) => (client === null ? `address ${ip}` : `client ${client.id}`),
    errorResponseBuilder: (_request, { max, ttl }) => {
      const detail = `There were more than ${max} requests in a minute; wait as Retry-After says.`;
      return new ProblemError({ kind: 'too-many-requests', detail, retryAfterSeconds: Math.ceil(ttl / 1_000) });
    },
  });
}

/** One line and one count for each request. Paths hold no secrets; bodies and headers are never logged. */
function noteRequests(app: FastifyInstance, { metrics, log }: AppDependencies): void {
  app.addHook('onRoute', ({ method, url, schema }) => {
    if (method === 'HEAD') return;
    metrics.expect(`${method} ${url}`, Object.keys(schema?.response ?? {}));
  });
  app.addHook('onResponse', async (request: FastifyRequest, reply) => {
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    const status = reply.statusCode;
    metrics.request(route, status, reply.elapsedTime);
    const ms = Math.round(reply.elapsedTime);
    log.info({ route, path: request.url, status, client: request.client?.id, ms }, 'request answered');
  });
}
