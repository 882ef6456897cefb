import type { IncomingHttpHeaders } from 'node:http';
import { Agent, errors } from 'undici';
import { settledWithin } from '../clock/settled-within.ts';

/** An answer as it came, nothing of it believed. */
export type RawAnswer = { kind: 'answer'; status: number; headers: IncomingHttpHeaders; body: Buffer };

export type HttpFailure = { kind: 'failure'; reason: 'network' | 'timeout' | 'not_wechatpay'; detail: string };

export type HttpRequest = {
  method: 'GET' | 'POST';
  /** Entry point, without a slash at the end. */
  origin: string;
  /** Path and query exactly as they were signed. */
  target: string;
  headers: Record<string, string>;
  body: string;
  /** Of this machine: from here to the answer's last byte. */
  timeoutMs: number;
};

export type HttpConnections = {
  /** One attempt: no repeat, no redirect. What goes wrong is an answer too. */
  send(request: HttpRequest): Promise<RawAnswer | HttpFailure>;
  close(): Promise<void>;
};

/** A TLS connection to WeChat Pay takes some 100 ms; one that is not there by now is better tried elsewhere. */
const CONNECT_TIMEOUT_MS = 1_500;
/** More requests wait in line: 1,000 requests per second of 30 ms each need 30. */
const CONNECTIONS_PER_ENTRY_POINT = 64;
/** WeChat Pay's largest answer here, a transaction with its promotions, has some KiB. */
const MAX_ANSWER_BYTES = 1024 * 1024;
/** Longer than any attempt: only for what a stop leaves under way. */
const CLOSE_TIMEOUT_MS = 5_000;

/** Connections to WeChat Pay: kept open between requests, limited in number, and every wait has an end. */
export function openConnections(): HttpConnections {
  const agent = new Agent({
    connections: CONNECTIONS_PER_ENTRY_POINT,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    maxResponseSize: MAX_ANSWER_BYTES,
    // As WeChat Pay's own SDKs speak to it.
    allowH2: false,
  });
  return {
    async send({ method, origin, target, headers, body, timeoutMs }) {
      try {
        const signal = AbortSignal.timeout(timeoutMs);
        const path = target;
        const answer = await agent.request({ origin, path, method, headers, body: body === '' ? null : body, signal });
        const bytes = Buffer.from(await answer.body.arrayBuffer());
        return { kind: 'answer', status: answer.statusCode, headers: answer.headers, body: bytes };
      } catch (err) {
        return describeFailure(err);
      }
    },
    async close() {
      await settledWithin(agent.close(), CLOSE_TIMEOUT_MS);
      await agent.destroy();
    },
  };
}

function describeFailure(err: unknown): HttpFailure {
  if (err instanceof errors.ResponseExceededMaxSizeError) {
    return { kind: 'failure', reason: 'not_wechatpay', detail: `the answer is longer than ${MAX_ANSWER_BYTES} bytes` };
  }
  return { kind: 'failure', reason: isTimeout(err) ? 'timeout' : 'network', detail: describe(err) };
}

/** Names the code as well: of several addresses that all failed, Node says nothing else. */
function describe(err: unknown): string {
  if (!(err instanceof Error)) return String(err);
  return 'code' in err ? `${String(err.code)} ${err.message}` : err.message;
}

function isTimeout(err: unknown): boolean {
  if (err instanceof errors.ConnectTimeoutError || err instanceof errors.HeadersTimeoutError) return true;
  return err instanceof errors.BodyTimeoutError || (err instanceof Error && err.name === 'TimeoutError');
}
