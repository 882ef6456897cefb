import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { afterAll, describe, expect, test } from 'vitest';
import { DEFAULT_STATE_DIR } from '../src/servers/default-folders.ts';
import { isRunning, type ProcessIdentity } from '../src/supervise/process-identity.ts';
import { findRun, type RunJson } from '../src/system/run-file.ts';
import { startLocal } from '../src/system/start-local.ts';
import { commandRunner } from './run-main.ts';

/** Who is connected now. */
async function usersOf(adminUrl: string): Promise<string[]> {
  const pool = createDatabasePool({ url: adminUrl, connectionLimit: 1 });
  const rows: { name: string }[] = await pool.query(
    'SELECT DISTINCT USER AS name FROM information_schema.PROCESSLIST WHERE ID <> CONNECTION_ID()',
  );
  await pool.end();
  return rows.map(({ name }) => name);
}

const TEST_MS = 90_000;
const READY_MS = 30_000;

describe('the whole system in one process', { timeout: TEST_MS }, () => {
  const parent = join(DEFAULT_STATE_DIR, 'tests');
  mkdirSync(parent, { recursive: true });
  const stateDir = mkdtempSync(join(parent, 'system-'));
  const command = commandRunner();
  afterAll(() => rmSync(stateDir, { recursive: true, force: true }));

  test('hands out what fault tests need: kill and restart of servers, with run.json following', async () => {
    const system = await startLocal({ stateDir, onProgress: () => undefined });
    try {
      const { servers, services } = system;
      if (servers === undefined) throw new Error('the servers are embedded');
      await Promise.all(Object.values(services).map((service) => service.ready(READY_MS)));
      expect(statSync(join(stateDir, 'database', 'passwords.json')).mode & 0o777).toBe(0o600);
      expect(await usersOf(system.run.database.url)).toEqual(
        expect.arrayContaining(['payguard_points', 'payguard_checkout', 'payguard_alerter']),
      );
      const pidOf = (run: RunJson | undefined, name: string) =>
        run?.servers.find((server) => server.name === name)?.pid;
      for (const server of [servers.kafka, servers.mariadb]) {
        const before = server.pid;
        await server.kill();
        await server.restart();
        expect(server.pid).not.toBe(before);
        expect(pidOf(findRun(stateDir), server.name)).toBe(server.pid);
      }
      await Promise.all(Object.values(services).map((service) => service.ready(READY_MS)));
      expect(system.run).toEqual(findRun(stateDir));
    } finally {
      await system.stop();
    }
    expect(findRun(stateDir)).toBeUndefined();
  });

  test('a start on servers that are not there fails in one sentence and stops what it had started', async () => {
    const env = { KAFKA_BROKERS: '127.0.0.1:1', DATABASE_URL: 'mysql://root:secret@127.0.0.1:1/shop' };
    const { code, output } = await command(['start', '--state', stateDir], env).ended;
    expect(code).toBe(1);
    expect(output).toMatch(
      /^The database could not be prepared \(.*ECONNREFUSED.*\): check that it runs and try again\.$/m,
    );
    expect(output).not.toContain('secret');
    const register: { children: ProcessIdentity[] } = JSON.parse(readFileSync(join(stateDir, 'owner.json'), 'utf8'));
    expect(register.children.filter(isRunning)).toEqual([]);
  });
});
