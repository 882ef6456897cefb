import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import type { SignedNotification } from './forge-notification.ts';

/** A receiver has 5 s to answer (page 4012791861). Real time, whatever the simulator's clock does: it is a socket's. */
export const ANSWER_TIMEOUT_MS = 5_000;
/** An answer's body means nothing to WeChat Pay; a larger one ends the connection instead of being read. */
const MAX_ANSWER_BYTES = 64 * 1024;
/** Idle sockets kept for reuse; more than the default number of sends at once. */
const MAX_FREE_SOCKETS = 128;

export interface PostOutcome {
  readonly status: number | undefined;
  /** Real milliseconds. */
  readonly ms: number;
  readonly error: string | undefined;
}

export interface NotificationPoster {
  /** Never rejects: what goes wrong is the outcome's `error`. Redirects are not followed. */
  post(url: string, notification: SignedNotification): Promise<PostOutcome>;
  close(): void;
}

export function createNotificationPoster(answerTimeoutMs: number): NotificationPoster {
  const plainAgent = new http.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });
  const tlsAgent = new https.Agent({ keepAlive: true, maxFreeSockets: MAX_FREE_SOCKETS });

  function open(url: string, notification: SignedNotification): http.ClientRequest {
    const headers = { ...notification.headers, 'Content-Length': Buffer.byteLength(notification.body) };
    return url.startsWith('https:')
      ? https.request(url, { method: 'POST', agent: tlsAgent, headers })
      : http.request(url, { method: 'POST', agent: plainAgent, headers });
  }

  return {
    post: (url, notification) => {
      const startedAt = performance.now();
      const { promise, resolve } = Promise.withResolvers<PostOutcome>();
      const end: End = (status, error) => resolve({ status, ms: Math.round(performance.now() - startedAt), error });
      if (!URL.canParse(url)) {
        end(undefined, 'the notify URL is not a URL');
        return promise;
      }
      const request = open(url, notification);
      const late = () => request.destroy(new Error(`no answer within ${answerTimeoutMs} ms`));
      const deadline = setTimeout(late, answerTimeoutMs);
      request.on('close', () => clearTimeout(deadline));
      request.on('error', (error: NodeJS.ErrnoException) => end(undefined, error.code ?? error.message));
      request.on('response', (answer) => readToEnd(answer, end));
      request.end(notification.body);
      return promise;
    },
    close: () => {
      plainAgent.destroy();
      tlsAgent.destroy();
    },
  };
}

type End = (status: number | undefined, error: string | undefined) => void;

function readToEnd(answer: IncomingMessage, end: End): void {
  let received = 0;
  answer.on('data', (chunk: Buffer) => {
    received += chunk.length;
    if (received > MAX_ANSWER_BYTES) answer.destroy(new Error(`the answer is longer than ${MAX_ANSWER_BYTES} bytes`));
  });
  answer.on('error', (error) => end(undefined, error.message));
  answer.on('end', () => end(answer.statusCode, undefined));
  answer.on('close', () => end(undefined, 'the connection closed before the end of the answer'));
}
