import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findJava } from '../../local/src/servers/check-machine.ts';
import { DEFAULT_CACHE_DIR, DEFAULT_STATE_DIR } from '../../local/src/servers/default-folders.ts';
import { findFreePort } from '../../local/src/servers/find-free-port.ts';
import { kafkaSpec } from '../../local/src/servers/kafka-server.ts';
import { prepareCache } from '../../local/src/servers/prepare-cache.ts';
import { type RunningServer, startServerProcess } from '../../local/src/servers/server-process.ts';
import { ownStateDir, type StateOwner } from '../../local/src/supervise/own-state-dir.ts';
import { StartError } from '../../local/src/supervise/start-error.ts';

export type OwnBroker = {
  /** Who comes here is a super user. */
  brokers: string;
  /** Who comes here says who it is (SASL PLAIN) and may do what the ACLs say. */
  saslBrokers: string;
  server: RunningServer;
  stop(): Promise<void>;
};

/** Fixed folders, so that the next run ends what a killed one left behind; several, for runs side by side. */
const STATE_DIRS = [0, 1, 2, 3].map((n) => join(DEFAULT_STATE_DIR, 'tests', `own-broker-${n}`));

/** An empty Kafka with an authorizer, for this test file alone. `users`: their password is their name. */
export async function startOwnBroker(users: readonly string[]): Promise<OwnBroker> {
  const owner = await ownFreeFolder();
  rmSync(join(owner.stateDir, 'kafka'), { recursive: true, force: true });
  const signal = new AbortController().signal;
  const context = {
    onProgress: () => undefined,
    registerChild: owner.registerChild,
    signal,
    logDir: join(owner.stateDir, 'logs'),
  };
  const cache = { cacheDir: DEFAULT_CACHE_DIR, javaVersion: await findJava(signal) };
  const { kafka: files } = await prepareCache(cache, context);
  const port = await findFreePort();
  const controllerPort = await findFreePort([port]);
  const saslPort = await findFreePort([port, controllerPort]);
  const spec = kafkaSpec({ files, stateDir: owner.stateDir, port, controllerPort });
  addAuthorizer(join(spec.cwd, 'server.properties'), saslPort, users);
  const server = await startServerProcess(spec, context);
  return {
    brokers: `127.0.0.1:${port}`,
    saslBrokers: `127.0.0.1:${saslPort}`,
    server,
    stop: async () => {
      await server.stop();
      owner.release();
    },
  };
}

async function ownFreeFolder(): Promise<StateOwner> {
  for (const stateDir of STATE_DIRS) {
    try {
      return await ownStateDir({ stateDir, onProgress: () => undefined });
    } catch (error) {
      if (!(error instanceof StartError && error.code === 'state_dir_in_use')) throw error;
    }
  }
  throw new Error(`All of ${STATE_DIRS.join(', ')} are in use: end the other test runs.`);
}

function addAuthorizer(file: string, saslPort: number, users: readonly string[]): void {
  const listeners = readFileSync(file, 'utf8')
    .replace(/^(listeners|advertised\.listeners)=(.*)$/gm, `$1=$2,SASL://127.0.0.1:${saslPort}`)
    .replace(/^(listener\.security\.protocol\.map)=(.*)$/m, '$1=$2,SASL:SASL_PLAINTEXT');
  writeFileSync(file, listeners);
  const accounts = users.map((user) => `user_${user}="${user}"`).join(' ');
  const login = 'org.apache.kafka.common.security.plain.PlainLoginModule';
  const lines = [
    'authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer',
    'super.users=User:ANONYMOUS',
    'listener.name.sasl.sasl.enabled.mechanisms=PLAIN',
    `listener.name.sasl.plain.sasl.jaas.config=${login} required ${accounts};`,
  ];
  appendFileSync(file, `${lines.join('\n')}\n`);
}
