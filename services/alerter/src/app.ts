import type { FastifyInstance } from 'fastify';
import Fastify from 'fastify';
import type { AlertmanagerRoute } from './alertmanager/alertmanager-route.ts';
import { registerAlertmanager } from './alertmanager/alertmanager-route.ts';

/** More than ten thousand alerts with all of their labels in one group; what is larger is lost. */
const MAX_BODY_BYTES = 16 * 1024 * 1024;
/** Alertmanager is in the same network. */
const REQUEST_TIMEOUT_MS = 10_000;
const HEAD_TIMEOUT_MS = 5_000;
/** Each Alertmanager holds one or two. */
const MAX_CONNECTIONS = 256;

/** The one address of the alerter: Alertmanager's webhook. Listens inside the cluster only. */
export function buildApp(deps: AlertmanagerRoute): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    http: { headersTimeout: HEAD_TIMEOUT_MS },
    forceCloseConnections: 'idle',
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  registerAlertmanager(app, deps);
  return app;
}
