import { request } from 'node:http';

export type CallbackAnswer = { status: number; text: string; ms: number };

/** A receiver is cut off by WeChat Pay after 5 s; a test that waits longer has found a hang. */
const ANSWER_TIMEOUT_MS = 10_000;

/** POSTs these bytes and headers as they are. `chunks` sends the body chunked, piece by piece. */
export function postCallback(
  url: string,
  callback: { headers: Record<string, string>; body: string | Buffer },
  how: { chunks?: number } = {},
): Promise<CallbackAnswer> {
  const startedAt = performance.now();
  const body = Buffer.from(callback.body);
  const { promise, resolve, reject } = Promise.withResolvers<CallbackAnswer>();
  const length = how.chunks === undefined ? { 'content-length': String(body.length) } : {};
  const outgoing = request(url, {
    method: 'POST',
    agent: false,
    headers: { ...callback.headers, ...length },
    timeout: ANSWER_TIMEOUT_MS,
  });
  outgoing.on('timeout', () => outgoing.destroy(new Error('no answer')));
  outgoing.on('error', reject);
  outgoing.on('response', (answer) => {
    const parts: Buffer[] = [];
    answer.on('data', (part: Buffer) => parts.push(part));
    answer.on('error', reject);
    answer.on('end', () =>
      resolve({
        status: answer.statusCode ?? 0,
        text: Buffer.concat(parts).toString('utf8'),
        ms: performance.now() - startedAt,
      }),
    );
  });
  if (how.chunks === undefined) outgoing.end(body);
  else writeInChunks(body, how.chunks, outgoing);
  return promise;
}

function writeInChunks(body: Buffer, chunks: number, outgoing: ReturnType<typeof request>): void {
  const size = Math.ceil(body.length / chunks);
  for (let start = 0; start < body.length; start += size) outgoing.write(body.subarray(start, start + size));
  outgoing.end();
}
