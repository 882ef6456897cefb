import { readFile } from 'node:fs/promises';
import { findPackageJSON } from 'node:module';
import { dirname, join } from 'node:path';
import fastifyStatic, { type FastifyStaticOptions } from '@fastify/static';
import type { FastifyInstance } from 'fastify';
import type { SimulatorParts } from '../simulator-parts.ts';
import { PAGE_HEADERS } from './page-headers.ts';
import { registerPayerRoutes } from './payer-routes.ts';

const BROWSER_DIR = join(import.meta.dirname, 'browser');
const LIT_DIR = dirname(findPackageJSON('lit-html', import.meta.url) ?? '');

const STATIC_OPTIONS = {
  cacheControl: false,
  index: false,
  setHeaders: (reply) => {
    reply.headers(PAGE_HEADERS);
  },
} satisfies Partial<FastifyStaticOptions>;

/** What people look at: the operator's page at `/`, and the payer's pages. Scripts are served as they lie in `browser/`. */
export async function registerWebRoutes(app: FastifyInstance, parts: SimulatorParts): Promise<void> {
  await app.register(fastifyStatic, { ...STATIC_OPTIONS, root: BROWSER_DIR, prefix: '/web/' });
  await app.register(fastifyStatic, {
    ...STATIC_OPTIONS,
    root: LIT_DIR,
    prefix: '/web/lit-html/',
    decorateReply: false,
    allowedPath: (path) => path.endsWith('.js'),
  });
  // The one module that imports a package by its name, which a browser cannot look up.
  app.get('/web/lit.js', async (_request, reply) => {
    const source = await readFile(join(BROWSER_DIR, 'lit.js'), 'utf8');
    const forBrowsers = source
      .replaceAll("'lit-html'", "'./lit-html/lit-html.js'")
      .replaceAll("'lit-html/", "'./lit-html/");
    return reply.headers(PAGE_HEADERS).type('text/javascript; charset=utf-8').send(forBrowsers);
  });

  app.get('/', (_request, reply) => reply.sendFile('operator.html'));
  app.get('/pay/h5', (_request, reply) => reply.sendFile('payer.html'));
  app.get('/pay/code', (_request, reply) => reply.sendFile('code.html'));
  registerPayerRoutes(app, parts);
}
