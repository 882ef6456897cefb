import type { Logger } from '../telemetry/logger.ts';
import type { BuiltRequest } from './build-request.ts';
import type { Refused, Unavailable } from './outcomes.ts';
import type { Answered, Failed } from './read-answer.ts';
import type { Reading } from './reading.ts';
import { type Api, type Link, type Sent, sendRequest } from './send-request.ts';

export type Call<T> = {
  api: Api;
  /** Fields by which the log names what it is about. */
  about: { outTradeNo?: string; outRefundNo?: string };
  request: BuiltRequest;
  /** What a signed 2xx says. */
  read(answer: Answered): Reading<T>;
  /** What a refusal says, where it is an answer to this call and no failure. */
  expected?: (refused: Refused) => T | undefined;
};

/** Makes one call and says what came of it. A failure is logged once, with WeChat Pay's Request-ID and without secrets. */
export async function makeCall<T>(link: Link, log: Logger, call: Call<T>): Promise<T | Unavailable | Refused> {
  const startedAt = performance.now();
  const sent = await sendRequest(link, call.api, call.request);
  if (sent.outcome === 'answered') {
    const reading = call.read(sent);
    if (reading.ok) return reading.value;
    const { status, requestId } = sent;
    const failure: Unavailable = { outcome: 'unavailable', reason: reading.reason, status, code: null, requestId };
    const misread: Failed = { outcome: 'failed', failure, detail: reading.detail, isSignatureTest: false };
    return logged({ ...misread, attempts: sent.attempts });
  }
  const answer = sent.failure.outcome === 'refused' ? call.expected?.(sent.failure) : undefined;
  return answer ?? logged(sent);

  function logged(failed: Sent & Failed): Unavailable | Refused {
    const durationMs = Math.round(performance.now() - startedAt);
    const { mchid } = link.credentials;
    logFailure(log, failed, { mchid, api: call.api, ...call.about, attempts: failed.attempts, durationMs });
    return failed.failure;
  }
}

function logFailure(log: Logger, { failure, detail }: Failed, about: object): void {
  const { status, code, requestId } = failure;
  const fields = { ...about, status, code, requestId, detail };
  if (failure.outcome === 'unavailable') {
    // Many callers at once find the budget used up, and ask again by themselves.
    const level = failure.reason === 'no_budget' ? 'debug' : 'warn';
    log[level]({ ...fields, reason: failure.reason }, 'WeChat Pay cannot be asked');
  } else if (status === 401) {
    const remedy = "check this machine's clock, the private key and certificateSerial";
    log.error(fields, `WeChat Pay does not accept our signature: ${remedy}`);
  } else {
    log.warn(fields, 'WeChat Pay refuses a call');
  }
}
