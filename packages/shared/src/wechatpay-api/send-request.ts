import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock/clock.ts';
import type { RequestBudget } from '../request-budget/request-budget.ts';
import type { KeyRing } from '../wechatpay-verify/key-ring.ts';
import type { BuiltRequest } from './build-request.ts';
import { type ClockSample, clockSample } from './clock-sample.ts';
import type { EntryPoints } from './entry-points.ts';
import type { HttpConnections } from './http-connections.ts';
import type { Unavailable } from './outcomes.ts';
import { type Answered, type Failed, readAnswer } from './read-answer.ts';
import { requestedSerial } from './requested-serial.ts';
import { authorizationHeader, freshness, type MerchantCredentials } from './sign-request.ts';

export type Api = 'query' | 'close' | 'prepay' | 'refund' | 'refund_query';

/** One HTTP attempt, or `no_budget`: the one that was not made. Times in ms of this machine. */
export type Attempt = {
  mchid: string;
  api: Api;
  outcome: 'answered' | 'refused' | 'signature_test' | Unavailable['reason'];
  status: number | null;
  code: string | null;
  durationMs: number;
  /** What the answer says of WeChat Pay's clock, where there was one. */
  clock?: ClockSample | undefined;
};

/** The way from one merchant to WeChat Pay and back. */
export type Link = {
  credentials: MerchantCredentials;
  keys(): KeyRing;
  clock: Clock;
  budget: RequestBudget;
  entryPoints: EntryPoints;
  connections: HttpConnections;
  onAttempt(attempt: Attempt): void;
  /** Aborted: no repeat any more. */
  stopped: AbortSignal;
};

export type Sent = (Answered | Failed) & { attempts: number };

/** Whoever asks on behalf of a payer has 10 s; ms of this machine, as all here. */
const CALL_TIMEOUT_MS = 9_000;
/** The last one is the longest: a slow day is not an outage. */
const ATTEMPT_TIMEOUTS_MS = [2_000, 2_500, 4_000] as const;
/** Before the second and the third attempt, half of it more or less. */
const BACK_OFF_MS = [200, 600] as const;
/** With less time left an attempt would only be cut off. */
const SHORTEST_ATTEMPT_MS = 1_500;

/**
 * Sends a request until there is an answer to go by, at most three times, the same bytes each time under a new signature
 * (a repeat takes effect once: page 4012081717). Every attempt takes a slot of the merchant's budget; without one nothing
 * is sent. A refund is sent once: after anything but an answer it is asked about first (page 4013071036). Ends within 9 s;
 * throws nothing.
 */
export async function sendRequest(link: Link, api: Api, request: BuiltRequest): Promise<Sent> {
  const endAt = performance.now() + CALL_TIMEOUT_MS;
  let origin = link.entryPoints.current();
  let last: Failed = NO_BUDGET;
  let attempts = 0;
  for (const timeoutMs of ATTEMPT_TIMEOUTS_MS) {
    if (!(await hasSlot(link, endAt - SHORTEST_ATTEMPT_MS))) break;
    const limitMs = Math.floor(Math.min(timeoutMs, endAt - performance.now()));
    const answer = await attempt(link, { api, request, origin, timeoutMs: limitMs });
    attempts += 1;
    if (answer.outcome === 'answered') return { ...answer, attempts };
    last = answer;
    const remedy = remedyFor(api, answer);
    if (remedy === 'elsewhere') origin = link.entryPoints.failed(origin);
    if (remedy === 'none' || !(await backOff(link, BACK_OFF_MS[attempts - 1]))) break;
  }
  if (last === NO_BUDGET) link.onAttempt(describe(link, api, NO_BUDGET, performance.now() - endAt + CALL_TIMEOUT_MS));
  return { ...last, attempts };
}

const NO_BUDGET: Failed = {
  outcome: 'failed',
  failure: { outcome: 'unavailable', reason: 'no_budget', status: null, code: null, requestId: null },
  detail: 'no slot in the request budget, nothing was sent',
  isSignatureTest: false,
};

/** Waits for a slot until `latest`, also on a business clock that stands still or runs at another speed. */
async function hasSlot({ budget, clock }: Link, latest: number): Promise<boolean> {
  const leftMs = latest - performance.now();
  if (leftMs <= 0) return false;
  const tooLate = new AbortController();
  const slot = budget.take(clock.now() + leftMs);
  const none = delay(leftMs, false, { signal: tooLate.signal }).catch(() => false);
  const mayGo = await Promise.race([slot, none]);
  tooLate.abort();
  return mayGo;
}

type AttemptPlan = { api: Api; request: BuiltRequest; origin: string; timeoutMs: number };

async function attempt(link: Link, { api, request, origin, timeoutMs }: AttemptPlan): Promise<Answered | Failed> {
  const startedAt = performance.now();
  const sentAt = link.clock.now();
  const headers = headersOf(link, request);
  const raw = await link.connections.send({ ...request, origin, headers, timeoutMs });
  const { mchid } = link.credentials;
  const answeredAt = link.clock.now();
  const answer = readAnswer(raw, { keys: link.keys(), mchid, now: answeredAt });
  const clock = clockSample(raw, answer.outcome === 'answered', { sentAt, answeredAt });
  link.onAttempt({ ...describe(link, api, answer, performance.now() - startedAt), clock });
  return answer;
}

/** WeChat Pay refuses some calls without User-Agent or Accept. */
function headersOf({ credentials, keys, clock }: Link, request: BuiltRequest): Record<string, string> {
  const now = clock.now();
  const serial = requestedSerial(keys(), credentials.mchid, now);
  return {
    'User-Agent': 'payguard/1',
    Accept: 'application/json',
    Authorization: authorizationHeader(credentials, { ...request, ...freshness(now) }),
    ...(request.method === 'POST' ? { 'Content-Type': 'application/json' } : {}),
    ...(serial === undefined ? {} : { 'Wechatpay-Serial': serial }),
  };
}

/**
 * What a repeat could mend. A refusal is repeated by nobody, after a 429 whoever asks has to wait longer; a signature test
 * comes once, not to the repeat (page 4013053420).
 */
function remedyFor(api: Api, { failure, isSignatureTest }: Failed): 'none' | 'repeat' | 'elsewhere' {
  if (isSignatureTest) return 'repeat';
  if (api === 'refund' || failure.outcome === 'refused') return 'none';
  switch (failure.reason) {
    case 'network':
    case 'timeout':
      return 'elsewhere';
    case 'server_error':
      return failure.status !== null && failure.status >= 500 ? 'elsewhere' : 'none';
    case 'accepted':
    case 'untrusted':
      return 'repeat';
    case 'rate_limited':
    case 'not_wechatpay':
    case 'no_budget':
      return 'none';
  }
}

/** False when there is to be no further attempt. */
async function backOff({ stopped }: Link, baseMs: number | undefined): Promise<boolean> {
  if (baseMs === undefined) return false;
  await delay(baseMs * (0.5 + Math.random()), undefined, { signal: stopped }).catch(() => undefined);
  return !stopped.aborted;
}

function describe({ credentials }: Link, api: Api, answer: Answered | Failed, durationMs: number): Attempt {
  const about = { mchid: credentials.mchid, api, durationMs };
  if (answer.outcome === 'answered') return { ...about, outcome: 'answered', status: answer.status, code: null };
  const { failure, isSignatureTest } = answer;
  const { status, code } = failure;
  if (failure.outcome === 'refused') return { ...about, outcome: 'refused', status, code };
  return { ...about, outcome: isSignatureTest ? 'signature_test' : failure.reason, status, code };
}
