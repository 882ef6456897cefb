import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

/** A slow or hanging scraper may not hold a connection for longer than this. */
const REQUEST_TIMEOUT_MS = 5_000;

export type HealthAnswer = { ok: boolean; reason?: string };

export type OperationsServer = { readonly url: string; close(): Promise<void> };

/**
 * The port for operators, apart from the public one: `/metrics`, `/health/live` (checks nothing outside the process)
 * and `/health/ready`. 200 or 503, with the reason in the body.
 */
export async function startOperationsServer(options: {
  host: string;
  port: number;
  registry: Registry;
  live(): HealthAnswer;
  ready(): HealthAnswer;
}): Promise<OperationsServer> {
  const server = createServer(
    { requestTimeout: REQUEST_TIMEOUT_MS, headersTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => {
      const answerHealth = (health: HealthAnswer) => {
        response.writeHead(health.ok ? 200 : 503, { 'content-type': 'application/json' });
        response.end(JSON.stringify(health));
      };
      if (request.url === '/health/live') return answerHealth(options.live());
      if (request.url === '/health/ready') return answerHealth(options.ready());
      if (request.url !== '/metrics') {
        response.writeHead(404).end();
        return;
      }
      options.registry.metrics().then(
        (text) => response.writeHead(200, { 'content-type': options.registry.contentType }).end(text),
        (err: unknown) => response.writeHead(500).end(String(err)),
      );
    },
  );
  server.listen(options.port, options.host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${options.host === '0.0.0.0' ? '127.0.0.1' : options.host}:${port}`,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
