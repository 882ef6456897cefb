import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { FastifyInstance } from 'fastify';
import { buildApp, type ServerFactory } from './app.ts';
import { rootCaOf } from './merchants/open-merchants.ts';
import { createTlsCredentials } from './merchants/tls-credentials.ts';
import type { SimulatorParts } from './simulator-parts.ts';

export interface ServerOptions {
  readonly host?: string | undefined;
  /** Serves TLS as well, as api.mch.weixin.qq.com and localhost; 0 takes a free port. */
  readonly tlsPort?: number | undefined;
}

/** The simulator's listeners: one for HTTP, and one for TLS where it is asked for. */
export class Servers {
  readonly #parts: SimulatorParts;
  readonly #options: ServerOptions;
  readonly #apps: FastifyInstance[] = [];
  #url: string | undefined;
  #tlsUrl: string | undefined;

  constructor(parts: SimulatorParts, options: ServerOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  /** Throws before listen(). */
  get url(): string {
    if (this.#url === undefined) throw new Error('The simulator has no URL before listen(); await listen() first.');
    return this.#url;
  }

  get tlsUrl(): string | undefined {
    return this.#tlsUrl;
  }

  async listen(port: number): Promise<void> {
    const { tlsPort } = this.#options;
    this.#url = await this.#serve(port, createServer);
    if (tlsPort === undefined) return;
    // The system's time: TLS clients know no other.
    const credentials = await createTlsCredentials(rootCaOf(this.#parts.merchants), Date.now());
    const url = await this.#serve(tlsPort, (handler) => createTlsServer(credentials, handler));
    this.#tlsUrl = url.replace(/^http:/, 'https:');
  }

  async close(): Promise<void> {
    await Promise.all(this.#apps.map((app) => app.close()));
  }

  #serve(port: number, createWith: ServerFactory): Promise<string> {
    const app = buildApp(this.#parts, createWith);
    this.#apps.push(app);
    return app.listen({ port, host: this.#options.host ?? '127.0.0.1' });
  }
}
