import type { IncomingHttpHeaders } from 'node:http';
import { z } from 'zod';
import { type KeyRing, normalizeSerial } from '../wechatpay-verify/key-ring.ts';
import { isSignatureValid, isTimestampFresh, SIGNATURE_TEST_PREFIX } from '../wechatpay-verify/signed-message.ts';
import type { HttpFailure, RawAnswer } from './http-connections.ts';
import type { Refused, Unavailable } from './outcomes.ts';

/** A 2xx that this merchant's WeChat Pay has signed just now. What it is about is still to be read. */
export type Answered = { outcome: 'answered'; status: number; body: Buffer; requestId: string | null };

/** `detail` is for the log: in a few words what was off, nothing secret. */
export type Failed = { outcome: 'failed'; failure: Unavailable | Refused; detail: string; isSignatureTest: boolean };

/** What is needed to believe an answer. `now`: ms UTC. */
export type Trust = { keys: KeyRing; mchid: string; now: number };

/** Codes of a 4xx that say "later" and not "no" (NOT_ENOUGH: the merchant's balance; STATEMENT_CREATING: the bill). */
const LATER = new Set(['NOT_ENOUGH', 'STATEMENT_CREATING']);
/** WeChat Pay's are some 60 characters; who answers instead of it may write anything. */
const MAX_REQUEST_ID = 128;
const MAX_MESSAGE = 256;

const errorSchema = z.object({ code: z.string().min(1).max(64), message: z.string().default('') });

/**
 * What came of one attempt (facts: page 4012081717): the status decides first, then the error code of a JSON body. An
 * answer with 2xx is believed only with a fresh signature by a key of the merchant's (page 4013053420).
 */
export function readAnswer(answer: RawAnswer | HttpFailure, trust: Trust): Answered | Failed {
  if (answer.kind === 'failure') return unavailable(answer.reason, undefined, answer.detail);
  const { status } = answer;
  if (status === 202) return unavailable('accepted', answer, 'accepted, not done yet');
  if (status >= 200 && status < 300) return readSigned(answer, trust);
  const error = readError(answer.body);
  if (status === 429) return unavailable('rate_limited', answer, error?.message ?? 'too many requests', error?.code);
  if (status >= 500) return unavailable('server_error', answer, error?.message ?? 'no JSON', error?.code);
  if (status < 400 || error === undefined) return unavailable('not_wechatpay', answer, 'no error of the API in JSON');
  if (LATER.has(error.code)) return unavailable('server_error', answer, error.message, error.code);
  return refused(answer, error);
}

function readSigned(answer: RawAnswer, trust: Trust): Answered | Failed {
  const { status, headers, body } = answer;
  const distrust = whyDistrusted(answer, trust);
  if (distrust === undefined) return { outcome: 'answered', status, body, requestId: requestIdOf(headers) };
  const isSignatureTest = text(headers, 'wechatpay-signature').startsWith(SIGNATURE_TEST_PREFIX);
  return { ...unavailable('untrusted', answer, distrust), isSignatureTest };
}

function whyDistrusted({ headers, body }: RawAnswer, { keys, mchid, now }: Trust): string | undefined {
  const serial = text(headers, 'wechatpay-serial');
  const timestamp = text(headers, 'wechatpay-timestamp');
  const nonce = text(headers, 'wechatpay-nonce');
  const signature = text(headers, 'wechatpay-signature');
  if (serial === '' || signature === '') return 'it is not signed';
  if (signature.startsWith(SIGNATURE_TEST_PREFIX)) return 'it is a WeChat Pay signature test';
  if (!isTimestampFresh(timestamp, now)) return 'Wechatpay-Timestamp is off by over 300 s';
  const key = keys.get(normalizeSerial(serial));
  if (key === undefined) return 'Wechatpay-Serial is not a key we hold';
  if (key.mchid !== mchid) return `key ${key.id} signs for another merchant`;
  if (now < key.validFrom || now > key.validTo) return `key ${key.id} is not valid now`;
  return isSignatureValid({ timestamp, nonce, body, signature }, key.key) ? undefined : 'the signature does not fit';
}

/** Errors carry no signature; one from a gateway on the way is HTML or nothing. */
function readError(body: Buffer): z.infer<typeof errorSchema> | undefined {
  try {
    return errorSchema.safeParse(JSON.parse(body.toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

function unavailable(
  reason: Unavailable['reason'],
  answer: RawAnswer | undefined,
  detail: string,
  code: string | null = null,
): Failed {
  const seen = { status: answer?.status ?? null, requestId: answer === undefined ? null : requestIdOf(answer.headers) };
  return failed({ outcome: 'unavailable', reason, code, ...seen }, detail);
}

function refused({ status, headers }: RawAnswer, { code, message }: z.infer<typeof errorSchema>): Failed {
  const said = message.slice(0, MAX_MESSAGE);
  return failed({ outcome: 'refused', status, code, message: said, requestId: requestIdOf(headers) }, said);
}

function failed(failure: Unavailable | Refused, detail: string): Failed {
  return { outcome: 'failed', failure, detail: detail.slice(0, MAX_MESSAGE), isSignatureTest: false };
}

function requestIdOf(headers: IncomingHttpHeaders): string | null {
  const id = text(headers, 'request-id').slice(0, MAX_REQUEST_ID);
  return id === '' ? null : id;
}

/** A header that stands twice is as good as none. */
function text(headers: IncomingHttpHeaders, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
