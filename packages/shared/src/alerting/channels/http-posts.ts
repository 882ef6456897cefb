import { Agent, errors } from 'undici';
import { settledWithin } from '../../clock/settled-within.ts';
import { failureCode, failureDetail, type NoAnswer } from './failure-code.ts';

/** An answer as it came; of the headers only what senders ask for. */
export type PostAnswer =
  | { kind: 'answer'; status: number; retryAfter: string | undefined; body: string }
  | { kind: 'failure'; code: NoAnswer | 'malformed'; detail: string };

export type HttpPosts = {
  /** One attempt: no repetition, no redirect. Never throws; no outcome holds the address. */
  post(url: URL, body: string, headers?: Readonly<Record<string, string>>): Promise<PostAnswer>;
  close(): Promise<void>;
};

export type PostTimeouts = { connectMs: number; totalMs: number };

/** A channel answers within 15 s (AlertChannel), and a robot that takes 10 s will not answer at all. */
export const POST_TIMEOUTS: PostTimeouts = { connectMs: 3_000, totalMs: 10_000 };
/** A channel sends one message at a time; a test may send beside it. */
const CHANNEL_CONNECTIONS = 2;
/** Robots answer in a few hundred bytes; what is longer is not from one. */
const MAX_ANSWER_BYTES = 64 * 1024;
const CLOSE_TIMEOUT_MS = 1_000;

/**
 * POSTs of JSON to a robot or webhook; connections are kept open between messages. The time of a post runs while it waits
 * for one of the `connections`: there must be as many as posts at once.
 */
export function openPosts({ connectMs, totalMs }: PostTimeouts, connections = CHANNEL_CONNECTIONS): HttpPosts {
  const agent = new Agent({
    connections,
    connect: { timeout: connectMs },
    maxResponseSize: MAX_ANSWER_BYTES,
    allowH2: false,
  });
  return {
    async post(url, body, headers = {}) {
      try {
        const answer = await agent.request({
          origin: url.origin,
          path: url.pathname + url.search,
          method: 'POST',
          headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
          body,
          signal: AbortSignal.timeout(totalMs),
        });
        const retryAfter = answer.headers['retry-after'];
        return {
          kind: 'answer',
          status: answer.statusCode,
          retryAfter: typeof retryAfter === 'string' ? retryAfter : undefined,
          body: await answer.body.text(),
        };
      } catch (err) {
        if (err instanceof errors.ResponseExceededMaxSizeError) {
          return { kind: 'failure', code: 'malformed', detail: `The answer is longer than ${MAX_ANSWER_BYTES} bytes.` };
        }
        return { kind: 'failure', code: failureCode(err), detail: failureDetail(err) };
      }
    },
    async close() {
      await settledWithin(agent.close(), CLOSE_TIMEOUT_MS);
      await agent.destroy();
    },
  };
}
