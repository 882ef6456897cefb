import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce } from '../../packages/local/src/servers/build-once.ts';
import type { BuildContext } from '../../packages/local/src/servers/fetch-packages.ts';
import { bootstrapSql, mariadbArguments, mariadbCommand } from '../../packages/local/src/servers/mariadb-server.ts';
import { fileEntry, folderTree, mergeFiles } from './layer-files.ts';
import { programFiles } from './program-files.ts';
import { fetchServerParts, type ServerImage, type ServerImageOptions } from './server-image.ts';

const SOURCES = join(import.meta.dirname, '../../deploy/images/mariadb');
const MARIADB = '/opt/mariadb';
/** Measured 1-2 s on two cores. */
const BOOTSTRAP_TIMEOUT_MS = 60_000;

/**
 * The bootstrap makes accounts of root that need no password, also for the network. Nobody keeps one: who starts the image
 * makes an administrator by an init file.
 */
const NO_ACCOUNTS = [
  "DELETE FROM mysql.global_priv WHERE User IN ('root', '');",
  "DELETE FROM mysql.proxies_priv WHERE User IN ('root', '');",
];

/**
 * MariaDB for one node: mariadbd is its only process, with the settings of deploy/images/mariadb/mariadb.cnf. Nobody has an
 * account; whoever starts it says who gets one, at each start:
 *
 *   node /opt/mariadb/prepare-data.mts /opt/mariadb/template /var/lib/mariadb/data   (an empty volume, once)
 *   mariadbd --defaults-file=/opt/mariadb/mariadb.cnf --init-file=/etc/payguard/mariadb/init.sql
 *
 * Built at the first call (2 s), then kept. Throws StartError, or an Error that names the log of the step that failed.
 */
export async function mariadbImage(options: ServerImageOptions): Promise<ServerImage> {
  const { packages, folder, context } = await fetchServerParts(options);
  const { base } = packages.mariadb;
  const template = join(folder, 'mariadb-template');
  await buildOnce(template, (unfinished) => {
    options.onProgress('making a MariaDB data directory without accounts (about 2 s, once)');
    return bootstrap(base, unfinished, context);
  });
  const sources = ['mariadb.cnf', 'prepare-data.mts'].map(
    (name) => [`${MARIADB}/${name}`, fileEntry(join(SOURCES, name), { mode: 0o644 })] as const,
  );
  return {
    layers: [
      {
        note: 'MariaDB',
        files: mergeFiles(
          programFiles({ [`${MARIADB}/bin/mariadbd`]: mariadbCommand(base) }),
          folderTree(join(base, 'share'), `${MARIADB}/share`, { keep: (path) => !path.endsWith('.sql') }),
          folderTree(template, `${MARIADB}/template`),
          new Map(sources),
        ),
      },
    ],
    config: {
      env: {},
      entrypoint: [`${MARIADB}/bin/mariadbd`, `--defaults-file=${MARIADB}/mariadb.cnf`],
      workingDir: '/var/lib/mariadb',
      exposedPorts: ['3306/tcp'],
    },
  };
}

/** A data directory with the system tables, an empty database and no accounts. */
async function bootstrap(base: string, dataDir: string, context: BuildContext): Promise<void> {
  mkdirSync(dataDir);
  const logFile = join(context.logDir, 'mariadb-image.log');
  const log = openSync(logFile, 'a');
  const server = spawn(mariadbCommand(base), [...mariadbArguments(base, dataDir), '--bootstrap'], {
    stdio: ['pipe', log, log],
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(BOOTSTRAP_TIMEOUT_MS)]),
  });
  closeSync(log);
  // A server that ends early breaks the pipe: its code says so.
  server.stdin?.on('error', () => undefined);
  server.stdin?.end(`${bootstrapSql(base)}\nUSE mysql;\n${NO_ACCOUNTS.join('\n')}\n`);
  const [code] = await once(server, 'close');
  if (code !== 0) throw new Error(`Making MariaDB's system tables failed (code ${code}): see its log ${logFile}.`);
}
