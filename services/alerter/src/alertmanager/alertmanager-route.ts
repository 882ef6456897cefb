import { isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { Logger } from '@payguard/shared/telemetry/logger';
import { inSpan } from '@payguard/shared/telemetry/tracing';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { AlerterMetrics } from '../metrics.ts';
import type { IsAuthorized } from './bearer-token.ts';
import type { AlertReceiver } from './receive-alerts.ts';
import { receiveAlerts, tellOfRefused } from './receive-alerts.ts';
import { createStrangerLog } from './stranger-log.ts';
import { describeIssue, readAlerts, webhookSchema } from './webhook.ts';

export const ALERTMANAGER_PATH = '/v1/alertmanager';

/** Of one webhook: they are wrong in the same way. */
const MAX_LOGGED = 20;

export type AlertmanagerRoute = AlertReceiver & {
  isAuthorized: IsAuthorized;
  metrics: Pick<AlerterMetrics, 'webhook'>;
  log: Logger;
};

/**
 * POST /v1/alertmanager: 204 when what is to be told is committed. Alertmanager tries again what is answered 5xx, and drops
 * what is answered 4xx: people are told that something is lost.
 */
export function registerAlertmanager(app: FastifyInstance, deps: AlertmanagerRoute): void {
  const { metrics, log, clock } = deps;
  const logStranger = createStrangerLog(log, clock);
  app.route({
    method: 'POST',
    url: ALERTMANAGER_PATH,
    // Before the body is read: a stranger costs nothing.
    onRequest: async (request, reply) => {
      if (deps.isAuthorized(request.headers.authorization)) return;
      metrics.webhook('unauthorized');
      logStranger(request.ip);
      reply.header('www-authenticate', 'Bearer');
      return answer(reply, 401, 'The Authorization header does not bring the token of ALERTMANAGER_TOKEN_FILE.');
    },
    handler: (request, reply) => inSpan('receive alerts', { kind: 'server' }, () => receive(request, reply, deps)),
    errorHandler: (error, _request, reply) => {
      if (!isUnreadable(error)) return fail(reply, error, deps);
      return refuse(reply, error.statusCode, `The request cannot be read (${error.message}).`, deps);
    },
  });
}

async function receive(request: FastifyRequest, reply: FastifyReply, deps: AlertmanagerRoute): Promise<FastifyReply> {
  const parsed = webhookSchema.safeParse(request.body);
  if (!parsed.success) return refuse(reply, 400, describeIssue(parsed.error), deps);
  const { truncatedAlerts } = parsed.data;
  const { seen, unreadable } = readAlerts(parsed.data.alerts);
  await receiveAlerts(deps, seen, unreadable);
  deps.metrics.webhook(unreadable.length === 0 ? 'accepted' : 'malformed');
  if (unreadable.length > 0) {
    const facts = { unreadable: unreadable.slice(0, MAX_LOGGED), count: unreadable.length };
    deps.log.error(facts, 'alerts that cannot be read are lost');
  }
  if (truncatedAlerts > 0) deps.log.warn({ truncatedAlerts }, 'Alertmanager left alerts out: set max_alerts to 0');
  deps.log.info({ alerts: seen.map(({ status, alert }) => `${alert.name} ${status}`) }, 'alerts taken');
  return reply.code(204).send();
}

/** Answers 5xx, so that it comes again, as long as it cannot be written that people are to be told. */
async function refuse(reply: FastifyReply, status: number, sentence: string, deps: AlertmanagerRoute) {
  try {
    await tellOfRefused(deps, sentence);
  } catch (err) {
    return fail(reply, err, deps);
  }
  deps.metrics.webhook('malformed');
  deps.log.error({ status, reason: sentence }, 'Alertmanager webhook refused: its alerts are lost');
  return answer(reply, status, sentence);
}

function fail(reply: FastifyReply, err: unknown, { metrics, log }: AlertmanagerRoute): FastifyReply {
  metrics.webhook('failed');
  log.error({ err }, 'alerts not taken');
  const isAway = isRetriableDatabaseError(err);
  return answer(reply, isAway ? 503 : 500, isAway ? 'The database does not answer.' : 'Something went wrong here.');
}

/** What broke off on its way is not lost: it comes again. */
function isUnreadable(error: FastifyError): error is FastifyError & { statusCode: number } {
  return error.statusCode !== undefined && error.statusCode < 500 && error.code !== 'ECONNRESET';
}

function answer(reply: FastifyReply, status: number, sentence: string): FastifyReply {
  return reply.code(status).send({ error: sentence });
}
