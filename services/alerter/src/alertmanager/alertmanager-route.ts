import { isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { inSpan } from '@payguard/shared/telemetry/tracing';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AlerterMetrics } from '../metrics.ts';
import type { IsAuthorized } from './bearer-token.ts';
import type { AlertReceiver } from './receive-alerts.ts';
import { receiveAlerts } from './receive-alerts.ts';
import { toSeenAlert, webhookSchema } from './webhook.ts';

export const ALERTMANAGER_PATH = '/v1/alertmanager';

export type AlertmanagerRoute = AlertReceiver & {
  isAuthorized: IsAuthorized;
  metrics: Pick<AlerterMetrics, 'webhook'>;
  log: Logger;
};

/**
 * POST /v1/alertmanager: 204 when what is to be told is committed. Alertmanager tries again what is answered 5xx, and drops
 * what is answered 4xx.
 */
export function registerAlertmanager(app: FastifyInstance, deps: AlertmanagerRoute): void {
  const { metrics, log } = deps;
  app.route({
    method: 'POST',
    url: ALERTMANAGER_PATH,
    // Before the body is read: a stranger costs nothing.
    onRequest: async (request, reply) => {
      if (deps.isAuthorized(request.headers.authorization)) return;
      metrics.webhook('unauthorized');
      log.warn({ ip: request.ip }, 'Alertmanager webhook without the right token');
      reply.header('www-authenticate', 'Bearer');
      return answer(reply, 401, 'The Authorization header does not bring the token of ALERTMANAGER_TOKEN_FILE.');
    },
    handler: (request, reply) => inSpan('receive alerts', { kind: 'server' }, () => receive(request, reply, deps)),
    errorHandler: (error, _request, reply) => {
      if (error.statusCode !== undefined && error.statusCode < 500) {
        return refuse(reply, error.statusCode, `The request cannot be read (${error.message}).`, deps);
      }
      metrics.webhook('failed');
      log.error({ err: error }, 'alerts not taken');
      const isAway = isRetriableDatabaseError(error);
      return answer(reply, isAway ? 503 : 500, isAway ? 'The database does not answer.' : 'Something went wrong here.');
    },
  });
}

async function receive(request: FastifyRequest, reply: FastifyReply, deps: AlertmanagerRoute): Promise<FastifyReply> {
  const parsed = webhookSchema.safeParse(request.body);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return refuse(reply, 400, `${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'is not valid'}.`, deps);
  }
  const { alerts, truncatedAlerts } = parsed.data;
  await receiveAlerts(deps, alerts.map(toSeenAlert));
  deps.metrics.webhook('accepted');
  if (truncatedAlerts > 0) deps.log.warn({ truncatedAlerts }, 'Alertmanager left alerts out: set max_alerts to 0');
  deps.log.info({ alerts: alerts.map(({ status, labels }) => `${labels.alertname} ${status}`) }, 'alerts taken');
  return reply.code(204).send();
}

function refuse(reply: FastifyReply, status: number, sentence: string, { metrics, log }: AlertmanagerRoute) {
  metrics.webhook('malformed');
  log.error({ status, reason: sentence }, 'Alertmanager webhook refused: its alerts are lost');
  return answer(reply, status, sentence);
}

function answer(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply.code(status).send({ error: sentence });
}
