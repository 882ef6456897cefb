import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import type { Cluster } from './cluster.ts';
import { runProgram } from './run-program.ts';

/** RFC 5737 gives it to nobody; no policy counts it among private networks. */
const ADDRESS = '203.0.113.77';

/**
 * An address of the internet, on this machine: pods of a cluster by scripts reach this machine for whatever is not theirs.
 * Undefined elsewhere, and without root.
 */
export async function openPretendedInternet(
  cluster: Cluster,
  ports: readonly number[],
): Promise<{ address: string; close(): Promise<void> } | undefined> {
  if (cluster.state === undefined || process.getuid?.() !== 0) return undefined;
  const { code } = await runProgram('ip', ['address', 'replace', `${ADDRESS}/32`, 'dev', 'lo']);
  if (code !== 0) return undefined;
  const servers: Server[] = [];
  const close = async () => {
    for (const server of servers) server.close();
    await runProgram('ip', ['address', 'delete', `${ADDRESS}/32`, 'dev', 'lo']);
  };
  try {
    for (const port of ports) {
      const server = createServer((socket) => socket.end());
      server.listen(port, ADDRESS);
      await once(server, 'listening');
      servers.push(server);
    }
    return { address: ADDRESS, close };
  } catch (err) {
    await close();
    throw err;
  }
}
