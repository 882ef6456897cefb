import { join } from 'node:path';
import { runTimetable } from '../jobs/run-timetable.ts';
import { type RunningServers, startServers } from '../servers/start-servers.ts';
import { ownStateDir, type StateOwner } from '../supervise/own-state-dir.ts';
import { identify } from '../supervise/process-identity.ts';
import { StartError } from '../supervise/start-error.ts';
import type { SupervisedService } from '../supervise/supervise-service.ts';
import { writeApiKeys } from './api-keys.ts';
import { createChildRecords } from './child-records.ts';
import { choosePorts, type Ports } from './choose-ports.ts';
import { describeRun, type RunFacts } from './describe-run.ts';
import { writeMerchantFiles } from './merchant-files.ts';
import type { OwnServers } from './own-servers.ts';
import { prepareSchema, prepareTopics } from './prepare-data.ts';
import { type RunJson, removeRunFile, writeRunFile } from './run-file.ts';
import { type RunningParts, stopParts } from './running-parts.ts';
import { CALLBACK_PATH, localUrl, type ServiceAccess, simulatorProgram, supervise } from './service-programs.ts';
import { fetchSimulatedMerchant } from './simulated-merchant.ts';
import { tellProgress } from './start-progress.ts';
import { type LocalServices, SERVICE_READY_MS, servicesReady, superviseServices } from './start-services.ts';
import { timetableJobs } from './timetable.ts';

/** The whole system, ready. */
export type LocalSystem = {
  /** As `run.json` has it now: pids follow restarts. */
  readonly run: RunJson;
  /** Undefined with servers of one's own. */
  readonly servers: RunningServers | undefined;
  readonly services: LocalServices;
  readonly simulator: SupervisedService;
  /** Stops jobs, services, simulator and servers in this order and removes run.json. Can be called twice. */
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

/**
 * Starts servers, simulator, services and the jobs' timetable on a state directory, and writes `run.json` when all are
 * ready. Throws StartError, ConfigError or an Error of one sentence; nothing is then left running.
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
  const progress = tellProgress(options.onProgress, signal);
  const running: RunningParts = { servers: undefined, simulator: undefined, services: [], timetable: undefined };
  let currentRun: (() => RunJson) | undefined;
  const onChange = () => {
    if (currentRun !== undefined) writeRunFile(stateDir, currentRun());
  };
  const children = createChildRecords(onChange);
  const registerChild = (name: string, pid: number) => {
    owner.registerChild(name, pid);
    children.spawned(name, pid);
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
    return progress.ready(
      'Kafka and MariaDB',
      running.servers,
      ({ kafka, mariadb }) => `${kafka.brokers}  ${mariadb.url}`,
    );
  };

  const start = async (): Promise<LocalSystem> => {
    const ports = await choosePorts(stateDir);
    const simulatorUrl = localUrl(ports.simulator);
    const context = { stateDir, onEvent: options.onProgress, registerChild };
    const simulator = supervise(simulatorProgram(stateDir, ports), context);
    running.simulator = simulator;
    const embedded = options.ownServers === undefined ? await startEmbedded(ports) : undefined;
    const servers = options.ownServers ?? addressesOf(embedded);
    await progress.ready('simulator', simulator.ready(SERVICE_READY_MS), () => simulatorUrl);
    const described = await fetchSimulatedMerchant(localUrl(ports.simulator, '/control/v1'));
    const files = writeMerchantFiles(stateDir, described, localUrl(ports.gateway, CALLBACK_PATH));
    const { merchantsFile } = files;
    const apiKeys = writeApiKeys(stateDir, files.merchant.mchid);
    await Promise.all([
      progress.ready('database schema', prepareSchema(servers.databaseUrl, files.merchant), (text) => text),
      progress.ready('Kafka topics', prepareTopics(servers.kafka), (text) => text),
    ]);
    const access: ServiceAccess = { servers, merchantsFile, simulatorUrl, apiKeysFile: apiKeys.apiKeysFile };
    const services = superviseServices(ports, access, context);
    // Those that take payments in stop first.
    running.services.push(services.checkout, services.gateway, services.points);
    await servicesReady(services, ports, progress);
    const timetable = runTimetable({
      jobs: timetableJobs(stateDir, access),
      onEvent: options.onProgress,
      onChange,
      // A job's pids and runs are in its own record.
      registerChild: owner.registerChild,
    });
    running.timetable = timetable;
    const isEmbedded = embedded !== undefined;
    const { apiKeyFile } = apiKeys;
    const describe = recordRun({ ports, servers, files, apiKeyFile, isEmbedded, jobs: timetable.records });
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

  const recordRun = (parts: Omit<RunFacts, 'pid' | 'birth' | 'startedAt' | 'logDir' | 'children'>): (() => RunJson) => {
    const startedAt = new Date().toISOString();
    const { birth } = identify(process.pid) ?? { birth: 'unknown' };
    const logDir = join(stateDir, 'logs');
    return () => describeRun({ ...parts, pid: process.pid, birth, startedAt, logDir, children });
  };

  let stopping: Promise<void> | undefined;
  const stopAll = async (): Promise<void> => {
    currentRun = undefined;
    removeRunFile(stateDir);
    await stopParts(running, progress.stopped);
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
