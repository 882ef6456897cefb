import type { FastifyReply } from 'fastify';
import type { HttpFault } from './faults.ts';

/**
 * Makes an HTTP call suffer what it is told to. True when that was the answer (or its absence); false when the receiver
 * does its work, after which `lose_answer` is still to come.
 */
export function sufferFault(fault: HttpFault | null, reply: FastifyReply): boolean {
  switch (fault?.kind) {
    case 'errcode':
      reply.send({ errcode: fault.errcode, errmsg: 'told to answer this' });
      return true;
    case 'status':
      if (fault.retryAfter !== undefined) reply.header('retry-after', fault.retryAfter);
      reply.code(fault.status).send({ error: 'told to answer this' });
      return true;
    case 'redirect':
      reply.redirect(fault.location, 307);
      return true;
    case 'html':
      reply.type('text/html').send('<!doctype html><title>Login</title>');
      return true;
    case 'huge':
      reply.type('application/json').send(JSON.stringify({ errcode: 0, padding: 'x'.repeat(fault.bytes) }));
      return true;
    case 'hang':
      reply.hijack();
      return true;
    case 'cut':
      cutConnection(reply);
      return true;
    case 'lose_answer':
    case undefined:
      return false;
  }
}

export function cutConnection(reply: FastifyReply): void {
  reply.hijack();
  reply.raw.socket?.destroy();
}
