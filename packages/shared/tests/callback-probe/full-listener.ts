import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

/** A listener that never accepts; its thread sleeps. */
const NEVER_ACCEPTS = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer();
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;
/** The kernel takes backlog + 1 and, on some, a few more. */
const MOST_CONNECTIONS = 16;
const CONNECTS_WITHIN_MS = 150;

export type FullListener = { port: number; close(): Promise<void> };

/** A port whose queue is full: the kernel lets a further connection wait, as a firewall that drops would. */
export async function startFullListener(): Promise<FullListener> {
  const worker = new Worker(NEVER_ACCEPTS, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const sockets: Socket[] = [];
  let isFull = false;
  while (!isFull && sockets.length < MOST_CONNECTIONS) {
    const socket = connect({ port, host: '127.0.0.1' }).on('error', () => undefined);
    sockets.push(socket);
    const connected = new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)));
    isFull = !(await Promise.race([connected, delay(CONNECTS_WITHIN_MS, false)]));
  }
  return {
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await worker.terminate();
    },
  };
}
