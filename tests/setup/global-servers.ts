import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { RunningServers } from '@payguard/local/servers/start-servers';
import { startServers } from '@payguard/local/servers/start-servers';
import { ownStateDir } from '@payguard/local/supervise/own-state-dir';
import { StartError } from '@payguard/local/supervise/start-error';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  export interface ProvidedContext {
    /** mysql://… with the right to create databases: each test file makes its own. */
    databaseUrl: string;
    kafkaBrokers: string[];
  }
}

/** Fixed folders, so that the next run ends what a killed one left behind; several, so that runs can be side by side. */
const STATE_DIRS = Array.from({ length: 8 }, (_, n) =>
  join(import.meta.dirname, '../../.payguard/tests', `servers-${n}`),
);

/** One real Kafka and one real MariaDB for the whole run. */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const servers = await startInFreeFolder();
  project.provide('databaseUrl', servers.mariadb.url);
  project.provide('kafkaBrokers', servers.kafka.brokers);
  return () => servers.stop();
}

async function startInFreeFolder(): Promise<RunningServers> {
  for (const stateDir of STATE_DIRS) {
    try {
      return await startAfresh(stateDir);
    } catch (err) {
      if (!(err instanceof StartError && err.code === 'state_dir_in_use')) throw err;
    }
  }
  throw new Error(
    `All of ${STATE_DIRS.length} test folders under .payguard/tests are in use: end the other test runs.`,
  );
}

/** Without what earlier runs wrote: tests read topics from their beginning, and would be slower from run to run. */
async function startAfresh(stateDir: string): Promise<RunningServers> {
  const onProgress = (line: string) => console.log(`servers: ${line}`);
  const owner = await ownStateDir({ stateDir, onProgress });
  try {
    for (const data of ['kafka', 'mariadb']) rmSync(join(stateDir, data), { recursive: true, force: true });
    const servers = await startServers({ stateDir, owner, onProgress });
    return { ...servers, stop: () => servers.stop().finally(owner.release) };
  } catch (error) {
    owner.release();
    throw error;
  }
}
