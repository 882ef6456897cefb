import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly path: string;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  close(): Promise<void>;
}

/** What to answer to the call number `count` (from 1): a status, a status with headers, or nothing at all. */
export type Answer = number | { status: number; headers: Record<string, string> } | 'silence';

/** A merchant's callback endpoint: a real HTTP server that keeps what it receives. */
export async function startReceiver(
  answer: (received: Received, count: number) => Answer | Promise<Answer>,
): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const call = { headers: request.headers, body: Buffer.concat(chunks).toString('utf8'), path: request.url ?? '' };
    received.push(call);
    const chosen = await answer(call, received.length);
    if (chosen === 'silence') return;
    const { status, headers } = typeof chosen === 'number' ? { status: chosen, headers: {} } : chosen;
    response.writeHead(status, headers).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/callback`,
    received,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
