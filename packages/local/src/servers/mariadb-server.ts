import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { READY_TIMEOUT_MS, type ServerSpec } from './server-process.ts';

/** The parts of the cache that MariaDB runs from. */
export type MariadbFiles = {
  /** Folder with bin/ and share/. */
  base: string;
  /** A data directory with the system tables and the empty database. */
  template: string;
};

/** The database that the URL names. */
export const DATABASE = 'payguard';

/** Copies the template to `<stateDir>/mariadb` (kept if it is there) and tells how to run the server on it. */
export function mariadbSpec(options: { files: MariadbFiles; stateDir: string; port: number }): ServerSpec {
  const home = join(options.stateDir, 'mariadb');
  prepareHome(home, options.files.template);
  return {
    name: 'mariadb',
    port: options.port,
    log: join(options.stateDir, 'logs', 'mariadb.log'),
    command: mariadbCommand(options.files.base),
    args: [
      ...mariadbArguments(options.files.base, join(home, 'data')),
      `--port=${options.port}`,
      // Root has no password: this is a server for development and tests, which only this machine can reach.
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      // Relative to the data directory: the path of a socket may not exceed 107 bytes.
      '--socket=mariadb.sock',
      '--pid-file=mariadb.pid',
      `--tmpdir=${join(home, 'tmp')}`,
      // TLS costs 11–13 s at start, for a certificate that nobody here looks at.
      '--skip-ssl',
      // What is acknowledged survives a crash of the machine, as in production.
      '--innodb-flush-log-at-trx-commit=1',
      '--innodb-buffer-pool-size=128M',
      '--innodb-lock-wait-timeout=5',
      '--max-connections=200',
      '--default-time-zone=+00:00',
    ],
    cwd: home,
    readyText: 'ready for connections',
    readyTimeoutMs: READY_TIMEOUT_MS,
  };
}

/** Copies the template once; the rename makes a copy that was cut short not count. */
function prepareHome(home: string, template: string): void {
  mkdirSync(join(home, 'tmp'), { recursive: true });
  const data = join(home, 'data');
  if (existsSync(data)) return;
  rmSync(`${data}.new`, { recursive: true, force: true });
  cpSync(template, `${data}.new`, { recursive: true });
  renameSync(`${data}.new`, data);
}

export function mariadbCommand(base: string): string {
  return join(base, 'bin', 'mariadbd');
}

/** What the bootstrap and the running server must agree on. */
export function mariadbArguments(base: string, dataDir: string): string[] {
  return [
    '--no-defaults',
    // mariadbd refuses to run as root unless told to.
    ...(process.getuid?.() === 0 ? ['--user=root'] : []),
    `--basedir=${base}`,
    `--datadir=${dataDir}`,
    `--lc-messages-dir=${join(base, 'share')}`,
    `--character-sets-dir=${join(base, 'share', 'charsets')}`,
    '--character-set-server=utf8mb4',
    // The collation that MySQL knows too; MariaDB's own default (uca1400) it does not.
    '--collation-server=utf8mb4_unicode_ci',
    '--innodb-log-file-size=64M',
    '--performance-schema=OFF',
  ];
}

/** The SQL that mariadbd --bootstrap reads, one statement a line or a `;` at a line's end: system tables, then our database. */
export function bootstrapSql(base: string): string {
  const files = ['mariadb_system_tables.sql', 'mariadb_system_tables_data.sql', 'maria_add_gis_sp_bootstrap.sql'];
  return [
    'CREATE DATABASE mysql;',
    'USE mysql;',
    // NULL asks for accounts without a password for root, on loopback too.
    'SET @auth_root_socket=NULL;',
    ...files.map((file) => readFileSync(join(base, 'share', file), 'utf8')),
    `CREATE DATABASE ${DATABASE};`,
    '',
  ].join('\n');
}
