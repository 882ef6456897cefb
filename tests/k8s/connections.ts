import type { Socket } from 'node:net';

/** A connection of the load, as its client sees it. */
export type Connection = {
  /** When the end or the reset that its other side sent was read; undefined as long as it was not, or when we ended it. */
  endedByPeerAt: number | undefined;
};

const RESET = ['ECONNRESET', 'EPIPE'];
const known = new WeakMap<Socket, Connection>();

/** The same answer for the same socket; `now` says in which time the end is written down. */
export function connectionOf(socket: Socket, now: () => number): Connection {
  const before = known.get(socket);
  if (before !== undefined) return before;
  const connection: Connection = { endedByPeerAt: undefined };
  known.set(socket, connection);
  const ended = (): void => {
    connection.endedByPeerAt ??= now();
  };
  socket.once('end', ended);
  socket.once('error', (err: NodeJS.ErrnoException) => {
    if (RESET.includes(err.code ?? '')) ended();
  });
  return connection;
}
