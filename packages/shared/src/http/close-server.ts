import type { FastifyInstance } from 'fastify';

/** Answers what is in flight; after `cutAfterMs` cuts the rest, so that a client that never ends does not hold up the stop. */
export async function closeServer(app: FastifyInstance, cutAfterMs: number): Promise<void> {
  const cut = setTimeout(() => app.server.closeAllConnections(), cutAfterMs);
  await app.close();
  clearTimeout(cut);
}
