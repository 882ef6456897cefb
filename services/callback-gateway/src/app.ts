import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import Fastify from 'fastify';
import type { CallbackDependencies } from './callback-route.ts';
import { callbackRoute } from './callback-route.ts';

/** A notification is about 2 KB; promotion details may add some. */
const MAX_BODY_BYTES = 64 * 1024;
/** Headers and body must be here by then, or the sender is slow on purpose: WeChat Pay itself waits 5 s at most. */
const REQUEST_TIMEOUT_MS = 2_000;
/**
 * The deadline of an answer (2.5 s) counts from the end of the head: both together stay below WeChat Pay's 5 s. The head is one
 * packet, but it lies unread while a new pod on a busy node warms up: 500 ms answered 408 to heads that were there.
 */
const HEAD_TIMEOUT_MS = 1_500;
/** How often Node looks for requests that are over their time. */
const CONNECTIONS_CHECK_MS = 250;
const KEEP_ALIVE_MS = 65_000;
/** Sockets kept open at once; more are refused by the kernel's queue, before they cost memory. */
const MAX_CONNECTIONS = 4_096;

const UNREADABLE_STATUS: Record<string, number> = { ERR_HTTP_REQUEST_TIMEOUT: 408, HPE_HEADER_OVERFLOW: 431 };

export type GatewayDependencies = CallbackDependencies & {
  ready(): { ok: boolean; reason?: string };
  trustedProxies: number;
};

export const CALLBACK_PATH = '/api/payment/wechat/callback';
export const HEALTH_PATH = '/api/payment/wechat/health';

/** The public server: the callback, its health, and nothing else. */
export function buildApp(deps: GatewayDependencies): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    forceCloseConnections: 'idle',
    // Looking behind proxies costs every request; without one in front there is nothing to look behind.
    trustProxy: deps.trustedProxies === 0 ? false : (_address, hop) => hop < deps.trustedProxies,
    clientErrorHandler: refuseUnreadable,
    http: { connectionsCheckingInterval: CONNECTIONS_CHECK_MS, headersTimeout: HEAD_TIMEOUT_MS },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  // Raw bytes, whatever the content type: the signature is over them, and a body parsed and written again stops verifying.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));

  callbackRoute(app, CALLBACK_PATH, deps);
  app.get(HEALTH_PATH, async (_request, reply) => {
    const health = deps.ready();
    return reply.code(health.ok ? 200 : 503).send({ status: health.ok ? 'ok' : 'unavailable' });
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ code: 'FAIL', message: 'no such path' }));
  app.setErrorHandler((err: { statusCode?: number; message: string }, request, reply) => {
    const status = err.statusCode !== undefined && err.statusCode >= 400 ? err.statusCode : 500;
    if (status >= 500) deps.log.error({ err, path: request.url }, 'request failed');
    return reply.code(status).send({ code: 'FAIL', message: status >= 500 ? 'internal error' : err.message });
  });
  return app;
}

/** Answers what never became a request (too slow, too large a head, not HTTP) in the form that all refusals have. */
function refuseUnreadable(err: Error & { code?: string }, socket: Socket): void {
  if (err.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const status = UNREADABLE_STATUS[err.code ?? ''] ?? 400;
  const reason = STATUS_CODES[status] ?? '';
  const body = JSON.stringify({ code: 'FAIL', message: reason });
  const head = [`HTTP/1.1 ${status} ${reason}`, 'Content-Type: application/json', `Content-Length: ${body.length}`];
  socket.end(`${head.join('\r\n')}\r\nConnection: close\r\n\r\n${body}`, () => socket.destroy());
}
