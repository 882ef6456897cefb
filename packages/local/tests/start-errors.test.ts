import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { checkPlatform, parseJavaVersion } from '../src/servers/check-machine.ts';
import { findFreePort } from '../src/servers/find-free-port.ts';
import { type StartOptions, startServers } from '../src/servers/start-servers.ts';
import { isRunning } from '../src/supervise/process-identity.ts';
import { temporaryFolder } from './temporary-folder.ts';

const TEST_MS = 10 * 60_000;
const WAY_OUT =
  ', or set KAFKA_BROKERS and DATABASE_URL to use servers of your own, for example those of `docker compose up --detach`.';

describe('a start that cannot succeed says in one sentence what to do', { timeout: TEST_MS }, () => {
  const folder = temporaryFolder();
  const start = (name: string, options: Partial<StartOptions> = {}) =>
    startServers({ stateDir: join(folder, name), onProgress: () => undefined, ...options });
  afterEach(() => vi.unstubAllEnvs());

  test('without Java', async () => {
    vi.stubEnv('PATH', folderWith(folder, 'no-java', []));
    await expect(start('java')).rejects.toMatchObject({
      code: 'java_missing',
      message: `Kafka needs Java and there is no working \`java\` on the PATH: install Java 17 (\`apt install openjdk-17-jre-headless\`)${WAY_OUT}`,
    });
  });

  test('with a Java that is too old', () => {
    const output = 'openjdk version "1.8.0_412"\nOpenJDK Runtime Environment\n';
    expect(() => parseJavaVersion(output)).toThrow(
      'Kafka needs Java 17 or later and the PATH has Java 8: install Java 17',
    );
    expect(parseJavaVersion('openjdk version "21" 2023-09-19\n')).toBe('version "21" 2023-09-19');
  });

  test('without Maven, when the servers are not downloaded yet', async () => {
    vi.stubEnv('PATH', folderWith(folder, 'no-maven', ['java']));
    await expect(start('maven', { cacheDir: join(folder, 'empty-cache') })).rejects.toMatchObject({
      code: 'maven_missing',
      message: `Maven (mvn) is not installed: install it (\`apt install maven\`)${WAY_OUT}`,
    });
  });

  test('when Maven cannot download, and what it left is not taken for a cache', async () => {
    const bin = folderWith(folder, 'failing-maven', ['java']);
    writeFileSync(join(bin, 'mvn'), '#!/bin/sh\necho "[ERROR] Unknown host"\nexit 1\n', { mode: 0o755 });
    vi.stubEnv('PATH', `${bin}:${process.env.PATH}`);
    const cacheDir = join(folder, 'failed-cache');
    await expect(start('download', { cacheDir })).rejects.toMatchObject({
      code: 'download_failed',
      message: expect.stringMatching(
        /^Maven could not fetch Kafka and MariaDB \(Unknown host; log: .*maven\.log\): check/,
      ),
    });
    const [servers = ''] = readdirSync(cacheDir).filter((name) => name.startsWith('servers-'));
    expect(readdirSync(join(cacheDir, servers))).toEqual([]);
  });

  test('on a platform that MariaDB has no build for', () => {
    expect(() => checkPlatform('darwin', 'arm64')).toThrow(
      `The embedded MariaDB exists for linux-x64 only and this machine is darwin-arm64: use a linux-x64 machine${WAY_OUT}`,
    );
    expect(() => checkPlatform('linux', 'x64')).not.toThrow();
  });

  test('when the port that was asked for is taken', async () => {
    const port = await findFreePort();
    const taker = createServer();
    await new Promise<void>((resolve) => taker.listen(port, '127.0.0.1', resolve));
    try {
      await expect(start('port', { kafkaPort: port })).rejects.toMatchObject({
        code: 'port_taken',
        message: `Port ${port} (kafkaPort) is taken: choose another one${WAY_OUT}`,
      });
    } finally {
      taker.close();
    }
  });

  test('when the state directory cannot be made', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const stateDir = join(folder, 'a-file', 'state');
    await expect(start('a-file/state')).rejects.toMatchObject({
      code: 'state_dir_unwritable',
      message: `The folder ${stateDir} cannot be written to (ENOTDIR): make it writable or choose another one${WAY_OUT}`,
    });
  });

  const small = join(folder, 'small-disk');
  test.skipIf(!mountSmallDisk(small))('when the disk is full', async () => {
    await expect(start('small-disk/state')).rejects.toMatchObject({
      code: 'disk_full',
      message: `The disk that holds ${join(small, 'state')} has less than 256 MiB left: free some space${WAY_OUT}`,
    });
  });

  test('when a server dies at start: the other one is stopped, and the state directory is free again', async () => {
    const stateDir = join(folder, 'broken');
    await (await start('broken')).stop();
    const data = join(stateDir, 'mariadb', 'data');
    writeFileSync(join(data, 'ibdata1'), 'not a table space');
    await expect(start('broken')).rejects.toMatchObject({
      code: 'server_died',
      message: expect.stringMatching(
        /^mariadb ended while it started \(exit code 1: .*ERROR.*\): see its log .*mariadb\.log, or/,
      ),
    });
    expect(runningChildren(stateDir)).toEqual([]);
    await expect(start('broken')).rejects.toMatchObject({ code: 'server_died' });
  });

  test('when it is cancelled: nothing is left running', async () => {
    const cancel = new AbortController();
    const started = start('cancelled', {
      signal: cancel.signal,
      onProgress: (line) => {
        if (line.startsWith('starting')) setImmediate(() => cancel.abort());
      },
    });
    await expect(started).rejects.toMatchObject({ code: 'aborted', message: 'The start was cancelled.' });
    expect(runningChildren(join(folder, 'cancelled'))).toEqual([]);
  });
});

function runningChildren(stateDir: string): string[] {
  const { children } = JSON.parse(readFileSync(join(stateDir, 'owner.json'), 'utf8'));
  return children.filter(isRunning).map((child: { name: string }) => child.name);
}

/** A folder for PATH that holds only these commands. */
function folderWith(parent: string, name: string, commands: string[]): string {
  const bin = join(parent, name);
  mkdirSync(bin);
  for (const command of commands) {
    const [path = ''] = execFileSync('which', [command], { encoding: 'utf8' }).split('\n');
    symlinkSync(path, join(bin, command));
  }
  return bin;
}

/** A disk of 20 MiB, where this user may mount one (root may). */
function mountSmallDisk(path: string): boolean {
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'payguard-test', path], { stdio: 'ignore' });
  } catch {
    return false;
  }
  afterAll(() => {
    if (existsSync(path)) execFileSync('umount', [path]);
  });
  return true;
}
