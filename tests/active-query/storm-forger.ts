import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer on its way; what the forger makes of it reaches the merchant. */
export type PassingAnswer = { status: number; headers: Record<string, string>; body: string };
export type Forge = (outTradeNo: string, answer: PassingAnswer) => PassingAnswer;

export type Forger = {
  readonly url: string;
  /** Where it passes requests on to. */
  target: string;
  /** Undefined: it only passes on. */
  forge: Forge | undefined;
  readonly forged: () => number;
  close(): Promise<void>;
};

const NOT_PASSED_ON = new Set(['content-length', 'transfer-encoding', 'connection', 'keep-alive', 'host']);
const QUERY = /^\/v3\/pay\/transactions\/out-trade-no\/([^/?]+)\?/;

/** Somebody between the merchant and WeChat Pay, with a TLS certificate that was believed: alters what queries answer. */
export async function openForger(): Promise<Forger> {
  let forged = 0;
  const forger = { target: '', forge: undefined as Forge | undefined };
  const server = createServer(async (request, response) => {
    try {
      const passing = await passOn(forger.target, request);
      const outTradeNo = QUERY.exec(request.url ?? '')?.[1];
      const answer = outTradeNo === undefined ? passing : (forger.forge?.(outTradeNo, passing) ?? passing);
      if (answer !== passing) forged += 1;
      response.writeHead(answer.status, answer.headers).end(answer.body);
    } catch {
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return Object.assign(forger, {
    url: `http://127.0.0.1:${port}`,
    forged: () => forged,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
}

async function passOn(target: string, request: IncomingMessage): Promise<PassingAnswer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const headers = Object.entries(request.headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' && !NOT_PASSED_ON.has(name) ? [[name, value]] : [],
  );
  const body = request.method === 'POST' ? Buffer.concat(chunks) : null;
  const answer = await fetch(target + (request.url ?? ''), { method: request.method ?? 'GET', headers, body });
  const passed = [...answer.headers].filter(([name]) => !NOT_PASSED_ON.has(name));
  return { status: answer.status, headers: Object.fromEntries(passed), body: await answer.text() };
}
