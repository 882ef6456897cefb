import { resolve } from 'node:path';
import { ownStateDir, type StateOwner } from '../supervise/own-state-dir.ts';
import { fromFileSystemError, StartError } from '../supervise/start-error.ts';
import { checkPlatform, findJava } from './check-machine.ts';
import { DEFAULT_CACHE_DIR } from './default-folders.ts';
import { findFreePort, isFree } from './find-free-port.ts';
import { kafkaSpec } from './kafka-server.ts';
import { DATABASE, mariadbSpec } from './mariadb-server.ts';
import { prepareCache, type ServerFiles } from './prepare-cache.ts';
import {
  type RunningServer,
  type ServerName,
  type ServerSpec,
  type StartContext,
  startServerProcess,
} from './server-process.ts';

/** Kafka and MariaDB, both ready. */
export type RunningServers = {
  readonly kafka: RunningServer & { readonly brokers: string[] };
  /** `url` is mysql://root@127.0.0.1:PORT/payguard; the database exists. */
  readonly mariadb: RunningServer & { readonly url: string };
  /** Where further children of this process are registered. */
  readonly owner: StateOwner;
  /** Stops Kafka, then MariaDB, each within 10 s, and gives the state directory up. Can be called twice. */
  stop(): Promise<void>;
};

export type StartOptions = {
  /** Data, logs and the register of children; made if it is missing, used again if it is not. */
  stateDir: string;
  /** Downloads and templates that state directories share. */
  cacheDir?: string;
  onProgress(line: string): void;
  /** Cancels a start that is under way. */
  signal?: AbortSignal;
  /** Without it a free port below 30000. */
  kafkaPort?: number;
  mariadbPort?: number;
  /** An owner of `stateDir` from ownStateDir; without it the servers take and release the directory themselves. */
  owner?: StateOwner;
};

/** A free port can be taken between the look and the start; three times in a row it is something else. */
const PORT_ATTEMPTS = 3;

/**
 * Starts Apache Kafka and MariaDB as children of this process: no Docker, no root privileges, loopback only.
 * Throws StartError, whose message says what is wrong and what to do; nothing is then left running.
 */
export async function startServers(options: StartOptions): Promise<RunningServers> {
  checkPlatform(process.platform, process.arch);
  const owner = options.owner ?? (await ownStateDir(options));
  const releaseOwner = () => {
    if (options.owner === undefined) owner.release();
  };
  try {
    const { kafka, mariadb } = await prepareAndStart(options, owner);
    const stop = async () => {
      await kafka.stop();
      await mariadb.stop();
      releaseOwner();
    };
    return {
      // Not a spread, which would freeze the pid of this moment.
      kafka: Object.assign(kafka, { brokers: [`127.0.0.1:${kafka.port}`] }),
      mariadb: Object.assign(mariadb, { url: `mysql://root@127.0.0.1:${mariadb.port}/${DATABASE}` }),
      owner,
      stop,
    };
  } catch (error) {
    releaseOwner();
    throw fromFileSystemError(error, owner.stateDir);
  }
}

type Pair = { kafka: RunningServer; mariadb: RunningServer };

async function prepareAndStart(options: StartOptions, owner: StateOwner): Promise<Pair> {
  const signal = options.signal ?? new AbortController().signal;
  const context = {
    onProgress: options.onProgress,
    registerChild: owner.registerChild,
    signal,
    logDir: resolve(owner.stateDir, 'logs'),
  };
  await requireFreePort('kafkaPort', options.kafkaPort);
  await requireFreePort('mariadbPort', options.mariadbPort);
  const javaVersion = await findJava(signal);
  const cacheDir = resolve(options.cacheDir ?? DEFAULT_CACHE_DIR);
  const files = await prepareCache({ cacheDir, javaVersion }, context);
  return startBoth(options, owner.stateDir, files, context);
}

async function requireFreePort(field: string, port: number | undefined): Promise<void> {
  if (port === undefined || (await isFree(port))) return;
  throw new StartError('port_taken', `Port ${port} (${field}) is taken: choose another one`);
}

/** Both at once; when one fails the other is stopped, and the first failure is the one that is told. */
async function startBoth(
  options: StartOptions,
  stateDir: string,
  files: ServerFiles,
  context: StartContext,
): Promise<Pair> {
  options.onProgress('starting Kafka and MariaDB');
  const failed = new AbortController();
  const shared = { ...context, signal: AbortSignal.any([context.signal, failed.signal]) };
  let firstError: unknown;
  const orCancelOther = (error: unknown): undefined => {
    firstError ??= error;
    failed.abort();
  };
  const asked = [options.kafkaPort, options.mariadbPort];
  const [kafka, mariadb] = await Promise.all([
    startOnFreePort('kafka', options.kafkaPort, shared, async (port) =>
      kafkaSpec({ files: files.kafka, stateDir, port, controllerPort: await findFreePort([port, ...asked]) }),
    ).catch(orCancelOther),
    startOnFreePort('mariadb', options.mariadbPort, shared, async (port) =>
      mariadbSpec({ files: files.mariadb, stateDir, port }),
    ).catch(orCancelOther),
  ]);
  if (kafka !== undefined && mariadb !== undefined) {
    options.onProgress(`Kafka is ready on port ${kafka.port}, MariaDB on port ${mariadb.port}`);
    return { kafka, mariadb };
  }
  await kafka?.stop();
  await mariadb?.stop();
  throw firstError;
}

async function startOnFreePort(
  name: ServerName,
  askedPort: number | undefined,
  context: StartContext,
  specFor: (port: number) => Promise<ServerSpec>,
): Promise<RunningServer> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await startServerProcess(await specFor(askedPort ?? (await findFreePort())), context);
    } catch (error) {
      const portTaken = error instanceof StartError && error.code === 'port_taken';
      // Where the asked port is free, the taken one was Kafka's controller port, which may be any.
      const mayMove = askedPort === undefined || (await isFree(askedPort));
      if (!portTaken || !mayMove || attempt === PORT_ATTEMPTS) throw error;
      context.onProgress(`${name} found its port taken, trying another one`);
    }
  }
}
