import { request as httpRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { errorCode, type NoConnection, openConnection, type Way } from './open-connection.ts';

/** What came of one question. `durationMs`: from the look into DNS to the answer's last byte. */
export type Exchange = (NoConnection | NoAnswer | Answer) & { durationMs: number };

export type NoAnswer = {
  kind: 'no_answer';
  /** Of Node (ECONNRESET, HPE_INVALID_CONSTANT, …), or TIMEOUT. */
  code: string;
  certificateEnds: number | null;
};

export type Answer = {
  kind: 'answer';
  status: number;
  /** Without query, at most 120 characters; null without one. */
  location: string | null;
  /** As text/html; null without one. */
  contentType: string | null;
  /** At most 64 KiB. */
  body: string;
  certificateEnds: number | null;
};

export type Question = { method: 'GET' | 'POST'; body: string };

/** The gateway's answers have under 100 bytes; a login page is known by its beginning. */
const MAX_BODY_BYTES = 64 * 1024;
const MAX_LOCATION = 120;

/** Asks once, over a connection of its own as WeChat Pay would, and follows no redirect. Rejects for nothing. */
export async function exchange(way: Way, question: Question): Promise<Exchange> {
  const startedAt = performance.now();
  const outcome = await ask(way, question);
  return { ...outcome, durationMs: Math.round(performance.now() - startedAt) };
}

async function ask(way: Way, question: Question): Promise<NoConnection | NoAnswer | Answer> {
  const connection = await openConnection(way);
  if (connection.kind === 'no_connection') return connection;
  const { socket, certificateEnds } = connection;
  const signal = AbortSignal.timeout(way.deadline.leftFor(way.limits.answerMs));
  try {
    const answer = await send(way.url, question, socket, signal);
    return { kind: 'answer', ...(await read(answer, way.url)), certificateEnds };
  } catch (err) {
    return { kind: 'no_answer', code: signal.aborted ? 'TIMEOUT' : errorCode(err), certificateEnds };
  } finally {
    socket.destroy();
  }
}

function send(url: URL, { method, body }: Question, socket: Socket, signal: AbortSignal): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const outgoing = httpRequest({
    createConnection: () => socket,
    method,
    path: url.pathname,
    setHost: false,
    headers: {
      host: url.host,
      'user-agent': 'payguard-probe/1',
      accept: 'application/json',
      connection: 'close',
      ...(method === 'POST' ? { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) } : {}),
    },
    signal,
  });
  outgoing.on('error', reject).on('response', resolve);
  outgoing.end(body);
  return promise;
}

async function read(answer: IncomingMessage, url: URL): Promise<Omit<Answer, 'kind' | 'certificateEnds'>> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of answer) {
    parts.push(part);
    size += part.length;
    if (size >= MAX_BODY_BYTES) break;
  }
  return {
    status: answer.statusCode ?? 0,
    location: readLocation(answer.headers.location, url),
    contentType: /^[\w.+-]+\/[\w.+-]+/.exec(answer.headers['content-type'] ?? '')?.[0] ?? null,
    body: Buffer.concat(parts).subarray(0, MAX_BODY_BYTES).toString('utf8'),
  };
}

/** Where to, without what a login keeps in its query. */
function readLocation(location: string | undefined, url: URL): string | null {
  const target = location === undefined ? null : URL.parse(location, url.href);
  return target === null ? null : `${target.protocol}//${target.host}${target.pathname}`.slice(0, MAX_LOCATION);
}
