import type { FastifyReply, FastifyRequest, RouteHandlerMethod } from 'fastify';
import { type Merchant, platformSigningKey, publicKeySigningKey, type SigningKey } from '../merchants/merchant.ts';
import { signMessage } from '../notifications/sign-message.ts';
import { newRequestId } from '../request-id.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { ApiOperation } from './api-operation.ts';
import { type ApiFailure, type ApiOutcome, errorNumberOf, failed, statusOf } from './api-outcome.ts';
import { verifyRequest } from './verify-request.ts';

/** A call whose signature is right. */
export interface SignedCall {
  readonly merchant: Merchant;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

export type ApiHandler = (parts: SimulatorParts, call: SignedCall) => ApiOutcome | Promise<ApiOutcome>;

/** Wraps an API handler: verifies the request before it, signs a 2xx after it; 4xx and 5xx carry no signature. */
export function signedCall(parts: SimulatorParts, _operation: ApiOperation, handle: ApiHandler): RouteHandlerMethod {
  return async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const url = request.raw.url ?? '';
    const signed = { method: request.method, url, headers: request.headers, body };
    const verified = verifyRequest(signed, parts.merchants, parts.clock.now());
    if (verified.kind === 'failed') return sendFailure(reply, verified);

    const key = answeringKey(verified.merchant, request);
    if (key === undefined) {
      return sendFailure(
        reply,
        failed('PARAM_ERROR', 'The Wechatpay-Serial header names no public key of this merchant.'),
      );
    }
    const outcome = await handle(parts, {
      merchant: verified.merchant,
      params: paramsOf(request),
      query: queryOf(url),
      body,
    });
    if (outcome.kind === 'failed') return sendFailure(reply, outcome);
    if (outcome.kind === 'downloaded') {
      return reply.code(200).header('Request-ID', newRequestId()).type(outcome.contentType).send(outcome.body);
    }

    reply.headers({ ...(await signMessage(key.privateKey, key.serial, outcome.body, parts.clock.now())) });
    reply.header('Request-ID', newRequestId());
    if (outcome.status === 204) return reply.code(204).send();
    return reply.code(200).type('application/json; charset=utf-8').send(outcome.body);
  };
}

export function sendFailure(reply: FastifyReply, failure: ApiFailure): FastifyReply {
  return reply
    .code(statusOf(failure.code))
    .header('Request-ID', newRequestId(errorNumberOf(failure.code)))
    .type('application/json; charset=utf-8')
    .send(JSON.stringify({ code: failure.code, message: failure.message }));
}

/**
 * While a merchant rotates, answers follow the request: by the public key if its `Wechatpay-Serial` asks for it, else by
 * the certificate (page 4012154180). Undefined when it asks for a public key that is not the merchant's.
 */
function answeringKey(merchant: Merchant, request: FastifyRequest): SigningKey | undefined {
  const asked = request.headers['wechatpay-serial'];
  if (typeof asked === 'string' && asked.startsWith('PUB_KEY_ID_')) {
    const known = merchant.mode !== 'certificate' && asked === merchant.keys.publicKeyId;
    return known ? publicKeySigningKey(merchant) : undefined;
  }
  return merchant.mode === 'public-key' ? publicKeySigningKey(merchant) : platformSigningKey(merchant);
}

function paramsOf(request: FastifyRequest): Record<string, string> {
  const { params } = request;
  const entries = typeof params === 'object' && params !== null ? Object.entries(params) : [];
  return Object.fromEntries(entries.map(([name, value]) => [name, String(value)]));
}

function queryOf(url: string): URLSearchParams {
  const mark = url.indexOf('?');
  return new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
}
