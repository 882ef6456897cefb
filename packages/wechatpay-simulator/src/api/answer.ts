import type { FastifyReply } from 'fastify';
import type { SigningKey } from '../merchants/merchant.ts';
import { signMessage } from '../notifications/sign-message.ts';
import { newRequestId } from '../request-id.ts';
import { type ApiFailure, type ApiOutcome, errorNumberOf, failureBody, statusOf } from './api-outcome.ts';

/** An answer as it goes over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

/** Signed at `nowMs` (ms UTC) when it is a 2xx; errors and files carry no signature (facts §3.1). */
export async function renderOutcome(outcome: ApiOutcome, key: SigningKey, nowMs: number): Promise<Answer> {
  switch (outcome.kind) {
    case 'failed':
      return renderFailure(outcome);
    case 'downloaded': {
      const headers = { 'Content-Type': outcome.contentType, 'Request-ID': newRequestId() };
      return { status: 200, headers, body: outcome.body };
    }
    case 'answered': {
      const signature = await signMessage(key.privateKey, key.serial, outcome.body, nowMs);
      return {
        status: outcome.status,
        headers: { ...signature, ...unsignedHeaders(outcome.body) },
        body: outcome.body,
      };
    }
  }
}

/** What every answer carries besides a signature; an empty one has no type. */
export function unsignedHeaders(body: string): Record<string, string> {
  return { 'Request-ID': newRequestId(), ...(body === '' ? {} : { 'Content-Type': JSON_TYPE }) };
}

export function renderFailure(failure: ApiFailure): Answer {
  const headers = { 'Content-Type': JSON_TYPE, 'Request-ID': newRequestId(errorNumberOf(failure.code)) };
  return { status: statusOf(failure.code), headers, body: failureBody(failure) };
}

/**
 * Sends header names as WeChat Pay writes them: fastify would lower-case them, and the official Java SDK looks them up by
 * their exact case.
 */
export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  const { 'Content-Type': contentType, ...rest } = headers;
  for (const [name, value] of Object.entries(rest)) reply.raw.setHeader(name, value);
  if (contentType !== undefined) reply.type(contentType);
  return reply.code(status).send(body.length === 0 ? undefined : body);
}
