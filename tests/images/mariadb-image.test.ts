import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFreePort } from '@payguard/local/servers/find-free-port';
import { type RunningServer, startServerProcess } from '@payguard/local/servers/server-process';
import { createConnection } from 'mariadb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mariadbImage } from '../../scripts/images/mariadb-image.ts';
import { writeFolder } from '../../scripts/images/write-folder.ts';
import { findObject, helmMissing, renderChart } from '../chart/render-chart.ts';

const READY_TIMEOUT_MS = 60_000;
const CONNECT_TIMEOUT_MS = 5_000;

/** The image's content and the chart's init file, run from a folder: only the paths differ. */
describe.skipIf(helmMissing !== undefined)('the image of MariaDB, with the Secret of the chart', () => {
  const root = mkdtempSync(join(tmpdir(), 'payguard-mariadb-'));
  const home = join(root, 'opt/mariadb');
  const volume = join(root, 'var/lib/mariadb');
  const init = join(root, 'init.sql');
  let server: RunningServer;
  let password: string;
  let prepare: () => string;

  beforeAll(async () => {
    const { layers, config } = await mariadbImage({ onProgress: () => undefined });
    for (const { files } of layers) writeFolder(root, files);
    for (const folder of [volume, join(root, 'tmp')]) mkdirSync(folder, { recursive: true });
    const arguments_ = [join(home, 'prepare-data.mts'), join(home, 'template'), join(volume, 'data')];
    prepare = () => execFileSync(process.execPath, arguments_, { encoding: 'utf8' });
    password = await writeInitFile();
    prepare();
    const [program = '', defaults = ''] = config.entrypoint;
    const port = await findFreePort();
    server = await startServerProcess(
      {
        name: 'mariadb',
        port,
        log: join(root, 'mariadb.log'),
        command: join(root, program),
        args: [defaults.replace('/opt', join(root, 'opt')), ...elsewhere(port), `--init-file=${init}`],
        cwd: volume,
        readyText: 'ready for connections',
        readyTimeoutMs: READY_TIMEOUT_MS,
      },
      { onProgress: () => undefined, registerChild: () => undefined, signal: new AbortController().signal },
    );
    return () => server.stop();
  });
  afterAll(() => rmSync(root, { recursive: true }));

  /** The root of the image is not the root of this machine. */
  function elsewhere(port: number): string[] {
    return [
      `--basedir=${home}`,
      `--datadir=${join(volume, 'data')}`,
      `--lc-messages-dir=${join(home, 'share')}`,
      `--character-sets-dir=${join(home, 'share/charsets')}`,
      `--tmpdir=${join(root, 'tmp')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    ];
  }

  /** Each render draws a new password, as an install after an uninstall does. */
  async function writeInitFile(): Promise<string> {
    const secret = findObject(await renderChart({ values: 'values-dev.yaml' }), 'Secret', 'payguard-mariadb');
    const data = z.object({ 'init.sql': z.string(), 'admin-password': z.string() }).parse(secret.stringData);
    writeFileSync(init, data['init.sql']);
    return data['admin-password'];
  }

  async function ask<T>(schema: z.ZodType<T>, sql: string, user = 'payguard_admin', secret = password): Promise<T> {
    const { port } = server;
    const connection = await createConnection({
      ...{ host: '127.0.0.1', port, user, password: secret, connectTimeout: CONNECT_TIMEOUT_MS },
    });
    try {
      return schema.parse(await connection.query(sql));
    } finally {
      await connection.end();
    }
  }

  it('lets nobody in over the network but the administrator, by password', async () => {
    for (const [user, secret] of [
      ['root', ''],
      ['', ''],
      ['payguard_admin', ''],
      ['payguard_admin', 'guessed'],
    ] as const) {
      await expect(ask(z.unknown(), 'SELECT 1', user, secret), user).rejects.toThrow('Access denied');
    }
    const accounts = z.array(z.object({ User: z.string(), Host: z.string() }));
    expect(await ask(accounts, "SELECT User, Host FROM mysql.global_priv WHERE User <> 'mariadb.sys'")).toEqual([
      { User: 'payguard_admin', Host: '%' },
    ]);
  });

  it('lets the administrator make users and give them what they need, in the database that is there', async () => {
    await ask(z.unknown(), "CREATE USER IF NOT EXISTS 'payguard_points'@'%' IDENTIFIED BY 'a'");
    await ask(z.unknown(), "GRANT SELECT, INSERT ON payguard.* TO 'payguard_points'@'%'");
    await ask(z.unknown(), 'SELECT 1 FROM payguard.orders', 'payguard_points', 'a').catch((err: unknown) => {
      // It may; there is only no such table.
      expect(String(err)).toContain('no: 1146');
    });
  });

  it('keeps its data over kill -9 and a prepared volume, and takes a new password at its next start', async () => {
    await ask(z.unknown(), 'CREATE TABLE payguard.kept (id INT PRIMARY KEY)');
    await ask(z.unknown(), 'INSERT INTO payguard.kept VALUES (7)');
    await server.kill();
    expect(prepare()).toContain('stays');
    const old = password;
    password = await writeInitFile();
    await server.restart();
    expect(await ask(z.tuple([z.object({ id: z.literal(7) })]), 'SELECT id FROM payguard.kept')).toEqual([{ id: 7 }]);
    await expect(ask(z.unknown(), 'SELECT 1', 'payguard_admin', old)).rejects.toThrow('Access denied');
  });
});
