import type { FastifyRequest, RouteHandlerMethod } from 'fastify';
import { claimedMchid, numbersOfCall } from '../faults/numbers-of-call.ts';
import { type Merchant, platformSigningKey, publicKeySigningKey, type SigningKey } from '../merchants/merchant.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import { renderFailure, renderOutcome, sendAnswer } from './answer.ts';
import type { ApiOperation } from './api-operation.ts';
import { type ApiOutcome, failed } from './api-outcome.ts';
import { sufferFault, sufferOutage } from './suffer-fault.ts';
import { verifyRequest } from './verify-request.ts';

/** A call whose signature is right. */
export interface SignedCall {
  readonly merchant: Merchant;
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: string;
}

export type ApiHandler = (parts: SimulatorParts, call: SignedCall) => ApiOutcome | Promise<ApiOutcome>;

/**
 * Wraps an API handler: verifies the request before it, signs a 2xx after it; 4xx and 5xx carry no signature. An outage
 * comes before everything, a fault by rule after the verification.
 */
export function signedCall(parts: SimulatorParts, operation: ApiOperation, handle: ApiHandler): RouteHandlerMethod {
  const { faultPlan, clock } = parts;
  return async (request, reply) => {
    const body = typeof request.body === 'string' ? request.body : '';
    const params = paramsOf(request);
    const nowMs = clock.now();
    const factsFor = (mchid: string) => ({ operation, mchid, nowMs, ...numbersOfCall(parts, mchid, params, body) });

    const outage = faultPlan.outages.at(nowMs, 'api');
    if (outage !== undefined) {
      return sufferOutage(parts, reply, factsFor(claimedMchid(request.headers.authorization)), outage);
    }

    const url = request.raw.url ?? '';
    const signed = { method: request.method, url, headers: request.headers, body };
    const verified = verifyRequest(signed, parts.merchants, nowMs);
    if (verified.kind === 'failed') return sendAnswer(reply, renderFailure(verified));
    const { merchant } = verified;
    const key = answeringKey(merchant, request);
    if (key === undefined) return sendAnswer(reply, renderFailure(UNKNOWN_PUBLIC_KEY));

    const carryOut = async () => handle(parts, { merchant, params, query: queryOf(url), body });
    if (!faultPlan.apiFaults.isEmpty) {
      const facts = factsFor(merchant.mchid);
      const rule = faultPlan.apiFaults.draw(facts);
      if (rule !== undefined) return sufferFault({ parts, reply, key, facts, rule, carryOut });
    }
    return sendAnswer(reply, await renderOutcome(await carryOut(), key, clock.now()));
  };
}

const UNKNOWN_PUBLIC_KEY = failed('PARAM_ERROR', 'The Wechatpay-Serial header names no public key of this merchant.');

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
