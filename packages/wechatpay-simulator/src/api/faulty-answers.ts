import { type InjectedErrorCode, usualStatusOf } from '../faults/api-error-codes.ts';
import type { AnswerFault } from '../faults/api-fault.ts';
import type { SigningKey } from '../merchants/merchant.ts';
import { forgeSignature } from '../notifications/forge-signature.ts';
import { signMessage } from '../notifications/sign-message.ts';
import { newRequestId } from '../request-id.ts';
import { type Answer, JSON_TYPE, unsignedHeaders } from './answer.ts';
import type { ApiOutcome } from './api-outcome.ts';
import { NOT_FOUND_PAGE } from './gateway-page.ts';

type Answered = Extract<ApiOutcome, { kind: 'answered' }>;

/** The answer of a call carried out, with its signature spoilt in exactly the one way asked for. */
export async function renderSpoilt(
  fault: AnswerFault,
  outcome: Answered,
  key: SigningKey,
  nowMs: number,
): Promise<Answer> {
  const signedAtMs = fault.kind === 'clock_off' ? nowMs + fault.ms : nowMs;
  const headers = await signMessage(key.privateKey, key.serial, outcome.body, signedAtMs);
  const plain = unsignedHeaders(outcome.body);
  const { status, body } = outcome;
  switch (fault.kind) {
    case 'unsigned':
      return { status, headers: plain, body };
    case 'wrongly_signed':
      return { status, headers: { ...forgeSignature(headers, 'tampered_signature'), ...plain }, body };
    case 'unknown_serial':
    case 'signtest':
      return { status, headers: { ...forgeSignature(headers, fault.kind), ...plain }, body };
    case 'clock_off':
      return { status, headers: { ...headers, ...plain, Date: new Date(signedAtMs).toUTCString() }, body };
  }
}

/** An error answer with any code of facts §3.1; unsigned like all of them. */
export function renderInjectedError(code: InjectedErrorCode, status = usualStatusOf(code)): Answer {
  const message = `A fault of the simulator answers ${code}; GET /control/v1/faults lists it.`;
  const headers = { 'Content-Type': JSON_TYPE, 'Request-ID': newRequestId() };
  return { status, headers, body: JSON.stringify({ code, message }) };
}

/** 202 with nothing in it, signed as every 2xx; what WeChat Pay's own carries is not known. */
export async function renderAccepted(key: SigningKey, nowMs: number): Promise<Answer> {
  const signature = await signMessage(key.privateKey, key.serial, '', nowMs);
  return { status: 202, headers: { ...signature, ...unsignedHeaders('') }, body: '' };
}

/** As the web server in front of WeChat Pay answers for a path it does not know. */
export function renderHtmlNotFound(): Answer {
  return {
    status: 404,
    headers: { 'Content-Type': 'text/html', 'Request-ID': newRequestId() },
    body: NOT_FOUND_PAGE,
  };
}

export function renderEmptyNotFound(): Answer {
  return { status: 404, headers: unsignedHeaders(''), body: '' };
}
