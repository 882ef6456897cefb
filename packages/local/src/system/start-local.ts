import { join } from 'node:path';
import { type RunningServers, startServers } from '../servers/start-servers.ts';
import { ownStateDir, type StateOwner } from '../supervise/own-state-dir.ts';
import { identify } from '../supervise/process-identity.ts';
import { StartError } from '../supervise/start-error.ts';
import type { SupervisedService } from '../supervise/supervise-service.ts';
import { createChildRecords } from './child-records.ts';
import { choosePorts, type Ports } from './choose-ports.ts';
import { describeRun, type RunFacts } from './describe-run.ts';
import { writeMerchantFiles } from './merchant-files.ts';
import type { OwnServers } from './own-servers.ts';
import { prepareSchema, prepareTopics } from './prepare-data.ts';
import { type RunJson, removeRunFile, writeRunFile } from './run-file.ts';
import { gatewayProgram, localUrl, pointsProgram, simulatorProgram, supervise } from './service-programs.ts';
import { fetchSimulatedMerchant } from './simulated-merchant.ts';

/** The whole system, ready. */
export type LocalSystem = {
  /** As `run.json` has it now: pids follow restarts. */
  readonly run: RunJson;
  /** Undefined with servers of one's own. */
  readonly servers: RunningServers | undefined;
  readonly services: { readonly gateway: SupervisedService; readonly points: SupervisedService };
  readonly simulator: SupervisedService;
  /** Stops services, simulator and servers in this order and removes run.json. Can be called twice. */
  stop(): Promise<void>;
};

export type StartLocalOptions = {
  /** Data, keys, logs and run.json; made if it is missing, used again if it is not. */
  stateDir: string;
  /** Used in place of the embedded Kafka and MariaDB. */
  ownServers?: OwnServers | undefined;
  /** A line for each part that is ready, stopped, or restarted. */
  onProgress(line: string): void;
  /** Cancels a start that is under way. */
  signal?: AbortSignal;
};

/** Services are ready in half a second; a busy machine, or one that compiles everything anew, takes its time. */
const SERVICE_READY_MS = 60_000;
const NAME_WIDTH = 18;

/**
 * Starts servers, simulator and services on a state directory, and writes `run.json` when all are ready. Throws
 * StartError, ConfigError or an Error of one sentence; nothing is then left running.
 */
export async function startLocal(options: StartLocalOptions): Promise<LocalSystem> {
  const owner = await ownStateDir(options);
  removeRunFile(owner.stateDir);
  const starting = createStarting(options, owner);
  try {
    return await starting.start();
  } catch (error) {
    await starting.stop();
    throw options.signal?.aborted === true ? new StartError('aborted', 'The start was cancelled') : error;
  }
}

function createStarting(options: StartLocalOptions, owner: StateOwner) {
  const { stateDir } = owner;
  const signal = options.signal ?? new AbortController().signal;
  const running: { servers?: Promise<RunningServers>; simulator?: SupervisedService; services: SupervisedService[] } = {
    services: [],
  };
  let currentRun: (() => RunJson) | undefined;
  const children = createChildRecords(() => {
    if (currentRun !== undefined) writeRunFile(stateDir, currentRun());
  });
  const registerChild = (name: string, pid: number) => {
    owner.registerChild(name, pid);
    children.spawned(name, pid);
  };

  const timed = async <T>(name: string, work: Promise<T>, describe: (result: T) => string): Promise<T> => {
    const startedAt = performance.now();
    const result = await Promise.race([work, rejectOnAbort(signal)]);
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
    options.onProgress(`${name.padEnd(NAME_WIDTH)} ready ${seconds.padStart(5)} s   ${describe(result)}`);
    return result;
  };

  const startEmbedded = (ports: Ports): Promise<RunningServers> => {
    running.servers = startServers({
      stateDir,
      owner: { ...owner, registerChild },
      onProgress: (line) => {
        if (!isToldByUs(line)) options.onProgress(line);
      },
      signal,
      kafkaPort: ports.kafka,
      mariadbPort: ports.mariadb,
    });
    return timed('Kafka and MariaDB', running.servers, ({ kafka, mariadb }) => `${kafka.brokers}  ${mariadb.url}`);
  };

  const start = async (): Promise<LocalSystem> => {
    const ports = await choosePorts(stateDir);
    const context = { stateDir, ports, onEvent: options.onProgress, registerChild };
    const simulator = supervise(simulatorProgram(stateDir, ports), context);
    running.simulator = simulator;
    const embedded = options.ownServers === undefined ? await startEmbedded(ports) : undefined;
    const servers = options.ownServers ?? addressesOf(embedded);
    const simulatorUrl = localUrl(ports.simulator);
    await timed('simulator', simulator.ready(SERVICE_READY_MS), () => simulatorUrl);
    const files = writeMerchantFiles(stateDir, await fetchSimulatedMerchant(localUrl(ports.simulator, '/control/v1')));
    await Promise.all([
      timed('database schema', prepareSchema(servers.databaseUrl, files.merchant), (text) => text),
      timed('Kafka topics', prepareTopics(servers.kafka), (text) => text),
    ]);
    const services = {
      gateway: supervise(gatewayProgram(ports, servers, files.merchantsFile), context),
      points: supervise(pointsProgram(ports, servers, files.merchantsFile), context),
    };
    running.services.push(services.gateway, services.points);
    await Promise.all([
      timed('callback-gateway', services.gateway.ready(SERVICE_READY_MS), () => localUrl(ports.gateway)),
      timed('points', services.points.ready(SERVICE_READY_MS), () => localUrl(ports.pointsMetrics)),
    ]);
    const describe = recordRun({ ports, servers, files, isEmbedded: embedded !== undefined });
    currentRun = describe;
    writeRunFile(stateDir, describe());
    return {
      get run() {
        return describe();
      },
      servers: embedded,
      services,
      simulator,
      stop,
    };
  };

  const recordRun = (parts: Pick<RunFacts, 'ports' | 'servers' | 'files' | 'isEmbedded'>): (() => RunJson) => {
    const startedAt = new Date().toISOString();
    const { birth } = identify(process.pid) ?? { birth: 'unknown' };
    const logDir = join(stateDir, 'logs');
    return () => describeRun({ ...parts, pid: process.pid, birth, startedAt, logDir, children });
  };

  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    currentRun = undefined;
    removeRunFile(stateDir);
    for (const part of [...running.services, running.simulator]) {
      if (part === undefined) continue;
      await part.stop();
      options.onProgress(`${part.name.padEnd(NAME_WIDTH)} stopped`);
    }
    // A start that failed or was cancelled has stopped its servers itself, and is waited for.
    const servers = await running.servers?.catch(() => undefined);
    if (servers !== undefined) {
      await servers.stop();
      options.onProgress(`${'Kafka and MariaDB'.padEnd(NAME_WIDTH)} stopped`);
    }
    owner.release();
  };
  const stop = (): Promise<void> => {
    stopping ??= stopAll();
    return stopping;
  };
  return { start, stop };
}

function addressesOf(embedded: RunningServers | undefined): OwnServers {
  if (embedded === undefined) throw new Error("There are neither embedded servers nor servers of one's own.");
  return {
    kafka: { KAFKA_BROKERS: embedded.kafka.brokers, KAFKA_SSL: false },
    databaseUrl: embedded.mariadb.url,
  };
}

/** The servers' own lines that our line with the seconds says as well. */
function isToldByUs(line: string): boolean {
  return line.startsWith('starting Kafka') || line.startsWith('Kafka is ready');
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
