import type { Clock } from '@payguard/shared/clock/clock';
import { type ApiKey, findApiKey } from '@payguard/shared/config/api-keys-file';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ServedMerchant } from '../served-merchants.ts';
import { ProblemError } from './problem.ts';

/** Who calls. */
export type Client = Pick<ApiKey, 'id' | 'mchids'>;

declare module 'fastify' {
  interface FastifyRequest {
    /** null: no valid key. */
    client: Client | null;
  }
}

const BEARER = /^Bearer ([\w-]{20,200})$/i;

/** Notes of each request who calls, before anything is limited or refused by that. */
export function identifyClients(app: FastifyInstance, keys: () => readonly ApiKey[], clock: Clock): void {
  app.decorateRequest('client', null);
  app.addHook('onRequest', async (request) => {
    const [, key] = BEARER.exec(request.headers.authorization ?? '') ?? [];
    request.client = key === undefined ? null : (findApiKey(keys(), key, clock.now()) ?? null);
  });
}

/** Refuses every request of this scope that brought no valid key, before its body is read. */
export function requireClients(app: FastifyInstance): void {
  app.addHook('preParsing', async (request) => {
    clientOf(request);
  });
}

/** Throws a ProblemError (401) when the request brought no valid key. */
export function clientOf({ client }: FastifyRequest): Client {
  if (client !== null) return client;
  const detail = 'The Authorization header has no valid key; send Bearer and a key that payguard api-key new made.';
  throw new ProblemError({ kind: 'unauthenticated', detail });
}

/**
 * The merchant that a call is about. Throws a ProblemError: 400 when the key reaches several and the call names none, 404
 * for one that the key does not reach, whether it exists or not.
 */
export function merchantOf(
  request: FastifyRequest,
  mchid: string | undefined,
  merchants: ReadonlyMap<string, ServedMerchant>,
): ServedMerchant {
  const { mchids } = clientOf(request);
  const [only, ...others] = mchids;
  if (mchid === undefined && others.length > 0) {
    const detail = `mchid: the key reaches ${mchids.length} merchants; name one.`;
    throw new ProblemError({ kind: 'invalid-request', detail, field: 'mchid' });
  }
  const wanted = mchids.find((each) => each === (mchid ?? only));
  const merchant = wanted === undefined ? undefined : merchants.get(wanted);
  if (merchant !== undefined) return merchant;
  const detail = `mchid: there is no merchant ${mchid} for this key; give one that the key reaches.`;
  throw new ProblemError({ kind: 'not-found', detail, field: 'mchid' });
}
