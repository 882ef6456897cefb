import type { FastifyReply } from 'fastify';
import type { Answer } from './answer.ts';

/** Ends the caller's connection with nothing sent: a reset where the socket can give one. */
export function cutConnection(reply: FastifyReply): FastifyReply {
  reply.hijack();
  const { socket } = reply.raw;
  // A TLS socket cannot be reset, only ended.
  if (socket !== null && 'encrypted' in socket) socket.destroy();
  else socket?.resetAndDestroy();
  return reply;
}

/** Sends status, headers and the first half of the body, then ends the connection. An answer without a body is not sent. */
export function cutInBody(reply: FastifyReply, { status, headers, body }: Answer, nowMs: number): FastifyReply {
  const bytes = Buffer.from(body);
  if (bytes.length === 0) return cutConnection(reply);
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(status, { ...headers, Date: new Date(nowMs).toUTCString(), 'Content-Length': bytes.length });
  // Not a reset: it could overtake the half that was sent.
  raw.write(bytes.subarray(0, Math.floor(bytes.length / 2)), () => raw.destroy());
  return reply;
}
