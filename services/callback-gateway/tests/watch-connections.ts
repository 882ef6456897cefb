import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Socket } from 'node:net';

export type ConnectionWatch = { readonly attempted: Set<string>; readonly lookedUp: Set<string>; stop(): void };

/** Notes every outgoing connection that this process tries from now on (`ip:port`), and every name that it looks up. */
export function watchConnections(): ConnectionWatch {
  const attempted = new Set<string>();
  const lookedUp = new Set<string>();
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    socket.on('connectionAttempt', (ip: string, port: number) => attempted.add(`${ip}:${port}`));
    socket.on('lookup', (_err, _address, _family, host: string) => lookedUp.add(host));
  };
  subscribe('net.client.socket', onSocket);
  return { attempted, lookedUp, stop: () => unsubscribe('net.client.socket', onSocket) };
}
