/**
 * An owner for the tests to kill: starts the servers and one service on the given state directory (and cache), then
 * prints their pids.
 */
import { join } from 'node:path';
import { findFreePort } from '../src/servers/find-free-port.ts';
import { startServers } from '../src/servers/start-servers.ts';
import { superviseService } from '../src/supervise/supervise-service.ts';

const [stateDir = '', cacheDir] = process.argv.slice(2);
const servers = await startServers({
  stateDir,
  ...(cacheDir === undefined ? {} : { cacheDir }),
  onProgress: () => undefined,
});
const port = await findFreePort();
const service = superviseService({
  name: 'service',
  command: process.execPath,
  args: [join(import.meta.dirname, 'service-script.ts')],
  env: { PORT: String(port) },
  logFile: join(stateDir, 'logs', 'service.log'),
  readyUrl: `http://127.0.0.1:${port}/health`,
  onEvent: () => undefined,
  registerChild: (pid) => servers.owner.registerChild('service', pid),
});
await service.ready(10_000);
console.log(JSON.stringify({ kafka: servers.kafka.pid, mariadb: servers.mariadb.pid, service: service.pid }));
