import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below Linux's ephemeral ports (32768–60999) and Kubernetes' node ports (30000–32767): no outgoing connection can take
 * the port of a server that is down for a restart.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 29_999;
const ATTEMPTS = 100;

/**
 * A port on 127.0.0.1 that nothing listens on at this moment, and none of `promised`; random, so that parallel starts
 * do not meet.
 */
export async function findFreePort(promised: readonly (number | undefined)[] = []): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST_PORT, LAST_PORT + 1);
    if (!promised.includes(port) && (await isFree(port))) return port;
  }
  throw new Error(`No free port found between ${FIRST_PORT} and ${LAST_PORT} in ${ATTEMPTS} attempts`);
}

/** Whether a server could listen on 127.0.0.1:`port` now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen({ host: '127.0.0.1', port, exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
