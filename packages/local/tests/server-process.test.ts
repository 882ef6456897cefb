import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findJava } from '../src/servers/check-machine.ts';
import { DEFAULT_CACHE_DIR } from '../src/servers/default-folders.ts';
import { findFreePort } from '../src/servers/find-free-port.ts';
import { kafkaSpec } from '../src/servers/kafka-server.ts';
import { mariadbSpec } from '../src/servers/mariadb-server.ts';
import { prepareCache } from '../src/servers/prepare-cache.ts';
import { type ServerSpec, startServerProcess } from '../src/servers/server-process.ts';
import { identify } from '../src/supervise/process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';

const TEST_MS = 10 * 60_000;

describe('the process of a server', { timeout: TEST_MS }, () => {
  const stateDir = temporaryFolder();
  const registered: number[] = [];
  const context = {
    onProgress: () => undefined,
    registerChild: (_name: string, pid: number) => registered.push(pid),
    signal: new AbortController().signal,
    logDir: join(stateDir, 'logs'),
  };

  test('that says nothing is ended after its time-out', async () => {
    const silent: ServerSpec = {
      name: 'kafka',
      port: 1,
      log: join(stateDir, 'silent.log'),
      command: 'sleep',
      args: ['600'],
      cwd: stateDir,
      readyText: 'ready',
      readyTimeoutMs: 200,
    };
    await expect(startServerProcess(silent, context)).rejects.toMatchObject({
      code: 'server_not_ready',
      message: expect.stringMatching(/^kafka was not ready after 0\.2 s, its log .*silent\.log says why: try again/),
    });
    expect(registered).toHaveLength(1);
    expect(registered.map(identify)).toEqual([undefined]);
  });

  test('whose port was taken after the look says so, Kafka and MariaDB alike', async () => {
    const javaVersion = await findJava(context.signal);
    const files = await prepareCache({ cacheDir: DEFAULT_CACHE_DIR, javaVersion }, context);
    const port = await findFreePort();
    const taker = createServer();
    await new Promise<void>((resolve) => taker.listen(port, '127.0.0.1', resolve));
    try {
      const kafka = kafkaSpec({ files: files.kafka, stateDir, port, controllerPort: await findFreePort([port]) });
      const mariadb = mariadbSpec({ files: files.mariadb, stateDir, port });
      for (const spec of [kafka, mariadb]) {
        await expect(startServerProcess(spec, context)).rejects.toMatchObject({ code: 'port_taken' });
      }
    } finally {
      taker.close();
    }
  });
});
