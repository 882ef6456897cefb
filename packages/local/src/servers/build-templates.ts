import { cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StartError } from '../supervise/start-error.ts';
import type { BuildContext } from './fetch-packages.ts';
import { findFreePort } from './find-free-port.ts';
import {
  javaEnvironment,
  KAFKA_READY,
  type KafkaFiles,
  kafkaArguments,
  kafkaClassPath,
  kafkaProperties,
} from './kafka-server.ts';
import { bootstrapSql, mariadbArguments, mariadbCommand } from './mariadb-server.ts';
import { runCommand } from './run-command.ts';

/** Measured 1–2 s (format, bootstrap) and 6 s (class archive) on 2 cores. */
const STEP_TIMEOUT_MS = 60_000;
/** Sixteen bytes in base64url, as Kafka wants it; the letters spare it a `-` in front, which Kafka refuses. */
const CLUSTER_ID = Buffer.from('payguard-local--').toString('base64url');

/** Makes a MariaDB data directory with the system tables and the empty database. */
export async function bootstrapMariadb(base: string, dataDir: string, context: BuildContext): Promise<void> {
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

/** Formats an empty Kafka log. Every state directory gets a copy of it: the clusters never meet, so they may share an id. */
export async function formatKafka(jars: string, home: string, context: BuildContext): Promise<void> {
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

/** Runs the broker once until it is ready and lets it write down the classes that it loaded. */
export async function archiveKafkaClasses(files: KafkaFiles, archive: string, context: BuildContext): Promise<void> {
  const work = `${archive}.work`;
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work);
  cpSync(files.template, join(work, 'data'), { recursive: true });
  const port = await findFreePort();
  writeFileSync(join(work, 'server.properties'), kafkaProperties(port, await findFreePort([port])));
  try {
    await runCommand({
      command: 'java',
      args: kafkaArguments(files.jars, [`-XX:ArchiveClassesAtExit=${archive}`]),
      cwd: work,
      env: javaEnvironment(),
      ...step('kafka-class-archive', context),
      watch: (output) => output.includes(KAFKA_READY),
      // The archive is written after SIGTERM: 6 s measured.
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
