import { join } from 'node:path';
import { runTimetable } from '../jobs/run-timetable.ts';
import { findPrograms, type ObservabilityPrograms } from '../observability/find-programs.ts';
import { observersReady, superviseObservers } from '../observability/start-observability.ts';
import type { ObservabilityOptions } from '../observability/write-files.ts';
import type { RunningServers } from '../servers/start-servers.ts';
import { ownStateDir, type StateOwner } from '../supervise/own-state-dir.ts';
import { identify } from '../supervise/process-identity.ts';
import { StartError } from '../supervise/start-error.ts';
import type { SupervisedService } from '../supervise/supervise-service.ts';
import { writeAlertFiles } from './alert-files.ts';
import { writeApiKeys } from './api-keys.ts';
import { createChildRecords } from './child-records.ts';
import { choosePorts, type Ports } from './choose-ports.ts';
import { type DatabaseUrls, oneUserForAll, prepareUsers } from './database-users.ts';
import { describeRun, type RunFacts } from './describe-run.ts';
import { addressesOf, startEmbeddedServers } from './embedded-servers.ts';
import { localUrl } from './local-url.ts';
import { writeMerchantFiles } from './merchant-files.ts';
import type { OwnServers } from './own-servers.ts';
import { prepareSchema, prepareTopics } from './prepare-data.ts';
import { type RunJson, removeRunFile, writeRunFile } from './run-file.ts';
import { type RunningParts, stopParts } from './running-parts.ts';
import {
  CALLBACK_PATH,
  receiversProgram,
  type ServiceAccess,
  simulatorProgram,
  supervise,
} from './service-programs.ts';
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
  readonly receivers: SupervisedService;
  /** Stops jobs, services, simulator and servers in this order and removes run.json. Can be called twice. */
  stop(): Promise<void>;
};

export type StartLocalOptions = {
  /** Data, keys, logs and run.json; made if it is missing, used again if it is not. */
  stateDir: string;
  /** Used in place of the embedded Kafka and MariaDB. */
  ownServers?: OwnServers | undefined;
  /** Prometheus and Alertmanager too, which must be on the PATH. */
  observability?: ObservabilityOptions | undefined;
  /** CALLBACK_WINDOW_SECONDS of points, which a drill shortens. */
  callbackWindowSeconds?: number | undefined;
  /** 8080 for the gateway and 8081 for the order API, where they are free. */
  preferUsualPorts?: boolean;
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
  const programs = options.observability === undefined ? undefined : findPrograms(process.env.PATH ?? '');
  const owner = await ownStateDir(options);
  removeRunFile(owner.stateDir);
  const starting = createStarting(options, owner, programs);
  try {
    return await starting.start();
  } catch (error) {
    await starting.stop();
    throw options.signal?.aborted === true ? new StartError('aborted', 'The start was cancelled') : error;
  }
}

function createStarting(options: StartLocalOptions, owner: StateOwner, programs: ObservabilityPrograms | undefined) {
  const { stateDir } = owner;
  const signal = options.signal ?? new AbortController().signal;
  const progress = tellProgress(options.onProgress, signal);
  const running: RunningParts = { servers: undefined, services: [], outside: [], timetable: undefined };
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
    running.servers = startEmbeddedServers({ ...options, signal, owner: { ...owner, registerChild }, ports });
    return progress.ready(
      'Kafka and MariaDB',
      running.servers,
      ({ kafka, mariadb }) => `${kafka.brokers}  ${mariadb.url}`,
    );
  };

  /** They see the services come up; they stop before them, and so see no outage. */
  const startObservers = async (ports: Ports, alertmanagerTokenFile: string): Promise<void> => {
    if (programs === undefined) return;
    const context = { stateDir, onEvent: options.onProgress, registerChild };
    const observers = superviseObservers(programs, ports, { ...options.observability, alertmanagerTokenFile }, context);
    running.services.unshift(observers.prometheus, observers.alertmanager);
    await observersReady(observers, ports, progress);
  };

  const start = async (): Promise<LocalSystem> => {
    const ports = await choosePorts(stateDir, { preferUsual: options.preferUsualPorts ?? false });
    const simulatorUrl = localUrl(ports.simulator);
    const context = { stateDir, onEvent: options.onProgress, registerChild };
    const simulator = supervise(simulatorProgram(stateDir, ports), context);
    const receivers = supervise(receiversProgram(stateDir, ports), context);
    running.outside.push(simulator, receivers);
    const embedded = options.ownServers === undefined ? await startEmbedded(ports) : undefined;
    const servers = options.ownServers ?? addressesOf(embedded);
    await Promise.all([
      progress.ready('simulator', simulator.ready(SERVICE_READY_MS), () => simulatorUrl),
      progress.ready('receivers', receivers.ready(SERVICE_READY_MS), () => localUrl(ports.receivers)),
    ]);
    const described = await fetchSimulatedMerchant(localUrl(ports.simulator, '/control/v1'));
    const files = writeMerchantFiles(stateDir, described, localUrl(ports.gateway, CALLBACK_PATH));
    const { merchantsFile } = files;
    const apiKeys = writeApiKeys(stateDir, files.merchant.mchid);
    const alerts = writeAlertFiles(stateDir, { isWatched: programs !== undefined });
    const prepareDatabase = async (): Promise<DatabaseUrls> => {
      const prepared = prepareSchema(servers.databaseUrl, files.merchant);
      await progress.ready('database schema', prepared, (text) => text);
      return embedded === undefined ? oneUserForAll(servers.databaseUrl) : prepareUsers(servers.databaseUrl, stateDir);
    };
    const [databaseUrls] = await Promise.all([
      prepareDatabase(),
      progress.ready('Kafka topics', prepareTopics(servers.kafka), (text) => text),
    ]);
    const { apiKeysFile, apiKeyFile } = apiKeys;
    const { callbackWindowSeconds } = options;
    const access: ServiceAccess = {
      ...{ servers, databaseUrls, merchantsFile, simulatorUrl, apiKeysFile, alerts },
      callbackWindowSeconds,
    };
    const observed = startObservers(ports, alerts.alertmanagerTokenFile);
    const services = superviseServices(ports, access, context);
    // Those that take payments in stop first.
    running.services.push(services.checkout, services.gateway, services.points, services.alerter);
    await Promise.all([observed, servicesReady(services, ports, progress)]);
    const timetable = runTimetable({
      jobs: timetableJobs(stateDir, access),
      onEvent: options.onProgress,
      onChange,
      // A job's pids and runs are in its own record.
      registerChild: owner.registerChild,
    });
    running.timetable = timetable;
    const are = { isEmbedded: embedded !== undefined, isObserved: programs !== undefined };
    const describe = recordRun({ ports, servers, files, apiKeyFile, alerts, ...are, jobs: timetable.records });
    currentRun = describe;
    writeRunFile(stateDir, describe());
    return {
      get run() {
        return describe();
      },
      servers: embedded,
      services,
      simulator,
      receivers,
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
