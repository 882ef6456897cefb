import { isRetriableDatabaseError } from '@payguard/shared/database/database-error';
import type { Logger } from '@payguard/shared/telemetry/logger';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { describeProblem, PROBLEM_MEDIA_TYPE, type Problem, ProblemError, statusOf } from './problem.ts';

/** A database that is away is mostly back after so long. */
const DATABASE_RETRY_AFTER_SECONDS = 3;

/** Gives every refusal the one form of RFC 9457, whoever refuses: a step, the framework, or a bug. */
export function answerErrors(app: FastifyInstance, log: Logger): void {
  app.setErrorHandler((error: Error & { statusCode?: number }, request, reply) => {
    const problem = toProblem(error);
    if (statusOf(problem) >= 500) log.error({ err: error, route: request.routeOptions.url }, 'request failed');
    return sendProblem(reply, problem);
  });
  app.setNotFoundHandler((request: FastifyRequest, reply) => {
    const detail = `There is no ${request.method} ${request.url.split('?')[0]}; /openapi.json lists all calls.`;
    return sendProblem(reply, { kind: 'not-found', detail });
  });
}

function toProblem(error: Error & { statusCode?: number }): Problem {
  if (error instanceof ProblemError) return error.problem;
  if (isRetriableDatabaseError(error)) {
    const detail = 'The database does not answer; send the same request again.';
    return { kind: 'unavailable', detail, retryAfterSeconds: DATABASE_RETRY_AFTER_SECONDS };
  }
  switch (error.statusCode) {
    case 413:
      return { kind: 'too-large', detail: 'The body has more than 16 KiB; send less.' };
    case 415:
      return { kind: 'unsupported-media-type', detail: 'The body is not JSON; send it as application/json.' };
    default:
      return error.statusCode !== undefined && error.statusCode < 500
        ? { kind: 'invalid-request', detail: `The request cannot be read (${error.message}).` }
        : { kind: 'internal', detail: 'Something went wrong here; send the same request again.' };
  }
}

function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  if (problem.kind === 'unauthenticated') reply.header('www-authenticate', 'Bearer');
  if (problem.retryAfterSeconds !== undefined) reply.header('retry-after', problem.retryAfterSeconds);
  // As text: the routes' serializers know their own answers only.
  return reply
    .code(statusOf(problem))
    .type(PROBLEM_MEDIA_TYPE)
    .send(JSON.stringify(describeProblem(problem)));
}
