import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test } from 'vitest';
import { startServers } from '../src/servers/start-servers.ts';
import { ownStateDir } from '../src/supervise/own-state-dir.ts';
import { identify, isRunning, type ProcessIdentity } from '../src/supervise/process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';
import { waitUntil } from './wait-until.ts';

const TEST_MS = 10 * 60_000;

describe('after kill -9 of the owner', { timeout: TEST_MS }, () => {
  const parent = temporaryFolder();
  const newFolder = () => mkdtempSync(join(parent, 'state-'));
  const children: ChildProcess[] = [];
  const run = (args: string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    children.push(child);
    return child;
  };
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  test('the next start ends its servers and services, and brings up new ones on the same data', async () => {
    const stateDir = newFolder();
    const owner = run([join(import.meta.dirname, 'owner-script.ts'), stateDir]);
    const old = await firstLineAsPids(owner);
    await expect(ownStateDir({ stateDir, onProgress: () => undefined })).rejects.toMatchObject({
      code: 'state_dir_in_use',
      message: expect.stringContaining(`(pid ${owner.pid})`),
    });
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(old.filter(isRunning)).toHaveLength(3);

    const progress: string[] = [];
    const servers = await startServers({ stateDir, onProgress: (line) => progress.push(line) });
    try {
      expect(old.filter(isRunning)).toEqual([]);
      expect(progress.filter((line) => line.includes('which an earlier owner left running'))).toHaveLength(3);
      expect(identify(servers.kafka.pid)).toBeDefined();
      expect(identify(servers.mariadb.pid)).toBeDefined();
    } finally {
      await servers.stop();
    }
  });

  test('while it downloads: Maven is ended too, and what it fetched is not taken for complete', async () => {
    const folder = newFolder();
    const stateDir = join(folder, 'state');
    const cacheDir = join(folder, 'cache');
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    // A Maven that has written half of it when the owner is killed.
    const halfway = '#!/bin/sh\nmkdir -p "$(echo "$4" | cut -d = -f 2)/kafka"\nexec sleep 600\n';
    writeFileSync(join(bin, 'mvn'), halfway, { mode: 0o755 });
    const owner = run([join(import.meta.dirname, 'owner-script.ts'), stateDir, cacheDir], {
      PATH: `${bin}:${process.env.PATH}`,
    });
    await waitUntil('Maven has written half', () => unfinishedJars(cacheDir).length === 1);
    const maven = recordedChild(stateDir, 'maven');
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    expect(maven !== undefined && isRunning(maven)).toBe(true);

    (await ownStateDir({ stateDir, onProgress: () => undefined })).release();
    expect(maven !== undefined && isRunning(maven)).toBe(false);
    const [servers = ''] = readdirSync(cacheDir).filter((name) => name.startsWith('servers-'));
    expect(readdirSync(join(cacheDir, servers))).toEqual([expect.stringMatching(/^packages\.unfinished-/)]);
  });

  test('children that were not ready yet are ended too', async () => {
    const stateDir = newFolder();
    const owner = await ownStateDir({ stateDir, onProgress: () => undefined });
    const child = run(['-e', 'setInterval(() => {}, 1000)']);
    owner.registerChild('just-spawned', child.pid ?? 0);
    // The lock is what a kill takes from an owner; the record stays.
    owner.release();
    const next = await ownStateDir({ stateDir, onProgress: () => undefined });
    expect(identify(child.pid ?? 0)).toBeUndefined();
    next.release();
  });

  test('nothing runs on when the owner exits by an uncaught error instead', async () => {
    const stateDir = newFolder();
    const script = `
      import { spawn } from 'node:child_process';
      import { ownStateDir } from ${JSON.stringify(join(import.meta.dirname, '../src/supervise/own-state-dir.ts'))};
      const owner = await ownStateDir({ stateDir: ${JSON.stringify(stateDir)}, onProgress: () => undefined });
      const child = spawn('sleep', ['600'], { detached: true, stdio: 'ignore' });
      owner.registerChild('sleep', child.pid);
      process.exit(1);`;
    await once(run(['--input-type=module', '--eval', script]), 'exit');
    const child = recordedChild(stateDir, 'sleep');
    expect(child).toBeDefined();
    await waitUntil('the child has ended', () => child !== undefined && !isRunning(child));
  });

  test('a process that has got the pid of an old child is not touched', async () => {
    const stateDir = newFolder();
    const bystander = run(['-e', 'setInterval(() => {}, 1000)']);
    const identity = identify(bystander.pid ?? 0);
    if (identity === undefined) throw new Error('the bystander did not start');
    const owner = { pid: 2 ** 22, birth: 'long ago' };
    const recycled = { name: 'kafka', pid: identity.pid, birth: 'long ago' };
    writeFileSync(join(stateDir, 'owner.json'), JSON.stringify({ owner, children: [recycled] }));
    const next = await ownStateDir({ stateDir, onProgress: () => undefined });
    expect(isRunning(identity)).toBe(true);
    next.release();
  });

  test('a record that cannot be read is replaced, not obeyed', async () => {
    const stateDir = newFolder();
    writeFileSync(
      join(stateDir, 'owner.json'),
      '{"owner":{"pid":0,"birth":"x"},"children":[{"name":"x","pid":-1,"birth":"x"}]}',
    );
    const next = await ownStateDir({ stateDir, onProgress: () => undefined });
    expect(JSON.parse(readFileSync(join(stateDir, 'owner.json'), 'utf8'))).toMatchObject({
      owner: { pid: process.pid },
      children: [],
    });
    next.release();
  });
});

function unfinishedJars(cacheDir: string): string[] {
  return globSync(join(cacheDir, 'servers-*', 'packages.unfinished-*', 'kafka'));
}

function recordedChild(stateDir: string, name: string): ProcessIdentity | undefined {
  const file = join(stateDir, 'owner.json');
  if (!existsSync(file)) return undefined;
  const { children }: { children: (ProcessIdentity & { name: string })[] } = JSON.parse(readFileSync(file, 'utf8'));
  return children.find((child) => child.name === name);
}

async function firstLineAsPids(child: ChildProcess): Promise<ProcessIdentity[]> {
  if (child.stdout === null) throw new Error('the owner has no output');
  const [line] = await once(createInterface(child.stdout), 'line');
  const pids = Object.values(JSON.parse(String(line))).map(Number);
  return pids.map((pid) => identify(pid)).filter((identity) => identity !== undefined);
}
