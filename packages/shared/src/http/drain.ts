import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** How a server leaves without a caller noticing: docs/adr/0009-leaving-politely.md. */
export type Drain = {
  /** What `wait` takes. */
  readonly ms: number;
  /** To be called before the server starts, and before a plugin that has routes is loaded. */
  attachTo(app: FastifyInstance): void;
  /** From now on each answer ends its connection; resolves when those who still come may be turned away. */
  wait(): Promise<void>;
};

/**
 * Connections that were opened before the process was told to stop lead here whatever a load balancer has learned since.
 * An answer with `Connection: close` makes the caller open its next one, which then leads elsewhere. A connection
 * that nobody uses stays open meanwhile: closing it could cross a request.
 */
export function createDrain(seconds: number): Drain {
  const ms = seconds * 1_000;
  let leaving = false;
  return {
    ms,
    attachTo(app) {
      app.addHook('onSend', (_request, reply, payload, done) => {
        if (leaving) reply.header('connection', 'close');
        done(null, payload);
      });
    },
    async wait() {
      leaving = true;
      if (ms > 0) await delay(ms);
    },
  };
}
