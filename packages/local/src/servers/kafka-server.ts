import { cpSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { READY_TIMEOUT_MS, type ServerSpec } from './server-process.ts';

/** The parts of the cache that Kafka runs from. */
export type KafkaFiles = {
  /** Folder of Kafka's jars. */
  jars: string;
  /** A formatted, empty log directory. */
  template: string;
  /** Class-data archive: 1.8 s to ready instead of 3.3–5 s. */
  classArchive: string;
};

/** One broker holds a few topics here; Kafka's own default of 1 GiB would only invite the kernel to swap. */
const HEAP = '-Xmx256m';
/**
 * Compiled quickly, not best: measured here, a broker is ready with 1.7 instead of 2.8 s of processor time, takes as many
 * records a second, and needs more time than a well compiled one (half as much again) only after its first 20 busy seconds.
 */
const QUICK_COMPILER = '-XX:TieredStopAtLevel=1';

/** Prepares `<stateDir>/kafka` (kept if it is there) and tells how to run the broker on it. */
export function kafkaSpec(options: {
  files: KafkaFiles;
  stateDir: string;
  port: number;
  controllerPort: number;
}): ServerSpec {
  const home = join(options.stateDir, 'kafka');
  prepareHome(home, options.files.template);
  writeFileSync(join(home, 'server.properties'), kafkaProperties(options.port, options.controllerPort));
  return {
    name: 'kafka',
    port: options.port,
    log: join(options.stateDir, 'logs', 'kafka.log'),
    command: 'java',
    args: kafkaArguments(options.files.jars, [
      QUICK_COMPILER,
      `-XX:SharedArchiveFile=${options.files.classArchive}`,
      '-Xshare:auto',
    ]),
    cwd: home,
    env: javaEnvironment(),
    readyText: KAFKA_READY,
    readyTimeoutMs: READY_TIMEOUT_MS,
  };
}

/** Copies the formatted template once; the rename makes a copy that was cut short not count. */
function prepareHome(home: string, template: string): void {
  mkdirSync(home, { recursive: true });
  const data = join(home, 'data');
  if (existsSync(data)) return;
  rmSync(`${data}.new`, { recursive: true, force: true });
  cpSync(template, `${data}.new`, { recursive: true });
  renameSync(`${data}.new`, data);
}

export const KAFKA_READY = 'Kafka Server started';

/** How java runs the broker from the folder that holds server.properties and data/. */
export function kafkaArguments(jars: string, jvmOptions: string[]): string[] {
  return [
    HEAP,
    ...jvmOptions,
    '-Djava.awt.headless=true',
    '-Dorg.slf4j.simpleLogger.defaultLogLevel=warn',
    '-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
    '-cp',
    kafkaClassPath(jars),
    'kafka.Kafka',
    'server.properties',
  ];
}

/** In a fixed order: the class-data archive holds only for the class path that it was made with. */
export function kafkaClassPath(jars: string): string {
  return readdirSync(jars)
    .filter((name) => name.endsWith('.jar'))
    .sort()
    .map((name) => join(jars, name))
    .join(':');
}

/** The C locale would make Java unable to open folders whose names are not ASCII. */
export function javaEnvironment(): Record<string, string | undefined> {
  return { ...process.env, LC_ALL: 'C.UTF-8' };
}

/** One KRaft node, broker and controller in one. Paths are relative to the folder that it runs in. */
export function kafkaProperties(port: number, controllerPort: number): string {
  const properties: Record<string, string | number | boolean> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    'log.dirs': 'data',
    'auto.create.topics.enable': false,
    'num.partitions': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 4,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 4,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    'group.initial.rebalance.delay.ms': 0,
    // Off, each restart would wait 12 s for the controller to notice that the old broker is gone.
    'controlled.shutdown.enable': true,
    // With these a broker is back 5 s after kill -9.
    'broker.session.timeout.ms': 3000,
    'broker.heartbeat.interval.ms': 500,
    'log.segment.bytes': 64 * 1024 * 1024,
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  };
  return Object.entries(properties)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
