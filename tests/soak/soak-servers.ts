import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startServers } from '@payguard/local/servers/start-servers';
import { ownStateDir } from '@payguard/local/supervise/own-state-dir';
import type { TestServers } from '../active-query/poll-world.ts';

/** A fixed folder, so that the next run ends what a killed one left behind. */
const STATE_DIR = join(import.meta.dirname, '../../.payguard/soak');

/** Runs the work with Kafka and MariaDB of its own, empty ones: server-wide counters then count it alone. */
export async function withServers<T>(
  say: (line: string) => void,
  work: (servers: TestServers) => Promise<T>,
): Promise<T> {
  const owner = await ownStateDir({ stateDir: STATE_DIR, onProgress: say });
  try {
    for (const data of ['kafka', 'mariadb']) await rm(join(STATE_DIR, data), { recursive: true, force: true });
    const servers = await startServers({ stateDir: STATE_DIR, owner, onProgress: say });
    try {
      return await work({ brokers: servers.kafka.brokers, databaseUrl: servers.mariadb.url });
    } finally {
      await servers.stop();
    }
  } finally {
    owner.release();
  }
}
