import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromFileSystemError, StartError } from '../supervise/start-error.ts';
import { buildOnce, lockCache } from './build-once.ts';
import { type BuildContext, fetchPackages, KAFKA_JARS, MARIADB_BASE, POM_FILE } from './fetch-packages.ts';
import { findFreePort } from './find-free-port.ts';
import {
  javaEnvironment,
  KAFKA_READY,
  type KafkaFiles,
  kafkaArguments,
  kafkaClassPath,
  kafkaProperties,
} from './kafka-server.ts';
import { bootstrapSql, type MariadbFiles, mariadbArguments, mariadbCommand } from './mariadb-server.ts';
import { runCommand } from './run-command.ts';

export type ServerFiles = { kafka: KafkaFiles; mariadb: MariadbFiles };

/** To be raised when the way a template is made changes: old caches are then built anew. */
const RECIPE = 1;
/** Unpacked servers 350 MB before strip, Maven's copy 200 MB, templates and class archive 150 MB. */
const NEEDED_BYTES = 700 * 1024 * 1024;
/** Measured 1–2 s (format, bootstrap) and 10 s (class archive) on 2 cores. */
const STEP_TIMEOUT_MS = 60_000;

/**
 * The servers' files under `cacheDir`, built at the first call by whichever process comes first. A build that was
 * killed or failed leaves nothing that is taken for complete. Throws StartError.
 */
export async function prepareCache(
  options: { cacheDir: string; javaVersion: string },
  context: BuildContext,
): Promise<ServerFiles> {
  const folder = join(options.cacheDir, `servers-${cacheKey(options.javaVersion)}`);
  const packages = join(folder, 'packages');
  const files: ServerFiles = {
    kafka: {
      jars: join(packages, KAFKA_JARS),
      template: join(folder, 'kafka-template'),
      classArchive: join(folder, 'kafka-classes.jsa'),
    },
    mariadb: { base: join(packages, MARIADB_BASE), template: join(folder, 'mariadb-template') },
  };
  const parts = [packages, files.kafka.template, files.kafka.classArchive, files.mariadb.template];
  if (parts.every((part) => existsSync(part))) return files;
  try {
    mkdirSync(options.cacheDir, { recursive: true });
    writeFileSync(join(options.cacheDir, 'build.lock'), '', { flag: 'a' });
    const lock = await lockCache(options.cacheDir, context);
    try {
      await buildParts(files, packages, context);
    } finally {
      lock.release();
    }
  } catch (error) {
    throw fromFileSystemError(error, options.cacheDir);
  }
  return files;
}

/** The class-data archive fits one Java only; everything else follows from pom.xml and the recipe. */
function cacheKey(javaVersion: string): string {
  const hash = createHash('sha256');
  for (const part of [readFileSync(POM_FILE, 'utf8'), javaVersion, RECIPE, process.platform, process.arch]) {
    hash.update(`${part}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

async function buildParts(files: ServerFiles, packages: string, context: BuildContext): Promise<void> {
  await buildOnce(packages, async (unfinished) => {
    mkdirSync(unfinished);
    requireRoom(unfinished);
    await fetchPackages(unfinished, context);
  });
  context.onProgress('preparing Kafka and MariaDB (about 10 s, once)');
  // One after the other: two at a time on 2 cores gain a second and leave half-done work behind when one fails.
  await buildOnce(files.mariadb.template, (unfinished) => bootstrapMariadb(files.mariadb.base, unfinished, context));
  await buildOnce(files.kafka.template, (unfinished) => formatKafka(files.kafka.jars, unfinished, context));
  await buildOnce(files.kafka.classArchive, (unfinished) => archiveKafkaClasses(files.kafka, unfinished, context));
}

function requireRoom(folder: string): void {
  const disk = statfsSync(folder);
  if (disk.bavail * disk.bsize >= NEEDED_BYTES) return;
  throw new StartError(
    'disk_full',
    `The disk that holds ${folder} has less than the ${NEEDED_BYTES / 1024 / 1024} MiB left that the servers need: free some space`,
  );
}

async function bootstrapMariadb(base: string, dataDir: string, context: BuildContext): Promise<void> {
  mkdirSync(dataDir);
  const sql = `${dataDir}.sql`;
  writeFileSync(sql, bootstrapSql(base));
  try {
    await runStep('mariadb-bootstrap', context, {
      command: 'sh',
      // The shell only connects standard input; the paths are its arguments, so that no name can be read as shell.
      args: [
        '-c',
        'sql="$1"; shift; exec "$@" <"$sql"',
        'sh',
        sql,
        mariadbCommand(base),
        ...mariadbArguments(base, dataDir),
        '--bootstrap',
      ],
    });
  } finally {
    rmSync(sql, { force: true });
  }
}

/** Every state directory gets a copy of this one formatted log: the clusters never meet, so they may share an id. */
async function formatKafka(jars: string, home: string, context: BuildContext): Promise<void> {
  const work = `${home}.work`;
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'server.properties'), kafkaProperties(1, 2));
  try {
    await runStep('kafka-format', context, {
      command: 'java',
      args: [
        '-cp',
        kafkaClassPath(jars),
        'kafka.tools.StorageTool',
        'format',
        '-t',
        CLUSTER_ID,
        '-c',
        'server.properties',
      ],
      cwd: work,
    });
    cpSync(join(work, 'data'), home, { recursive: true });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Sixteen bytes in base64url, as Kafka wants it; here the text "payguard-local--". */
const CLUSTER_ID = Buffer.from('payguard-local--').toString('base64url');

/** Runs the broker once until it is ready and lets it write down the classes that it loaded. */
async function archiveKafkaClasses(files: KafkaFiles, archive: string, context: BuildContext): Promise<void> {
  const work = `${archive}.work`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  cpSync(files.template, join(work, 'data'), { recursive: true });
  writeFileSync(join(work, 'server.properties'), kafkaProperties(await findFreePort(), await findFreePort()));
  try {
    await runCommand({
      command: 'java',
      args: kafkaArguments(files.jars, [`-XX:ArchiveClassesAtExit=${archive}`]),
      cwd: work,
      env: javaEnvironment(),
      ...step('kafka-class-archive', context),
      watch: (output) => output.includes(KAFKA_READY),
      // The archive is written after SIGTERM: 4 s measured.
      graceMs: STEP_TIMEOUT_MS,
    });
    if (!existsSync(archive)) throw stepFailed('kafka-class-archive', 'no archive was written', context);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function runStep(
  name: string,
  context: BuildContext,
  command: { command: string; args: string[]; cwd?: string },
): Promise<void> {
  const { end, output } = await runCommand({ ...command, env: javaEnvironment(), ...step(name, context) });
  if (/No space left on device|errno: 28/i.test(output)) {
    throw new StartError('disk_full', 'The disk filled up while Kafka and MariaDB were prepared: free some space');
  }
  if (end.code !== 0) throw stepFailed(name, end.text, context);
}

function step(name: string, context: BuildContext) {
  return {
    logFile: join(context.logDir, `${name}.log`),
    registerChild: (pid: number) => context.registerChild(name, pid),
    signal: context.signal,
    timeoutMs: STEP_TIMEOUT_MS,
  };
}

function stepFailed(name: string, end: string, context: BuildContext): StartError {
  const log = join(context.logDir, `${name}.log`);
  return new StartError('server_died', `Preparing the servers failed at ${name} (${end}): see its log ${log}`);
}
