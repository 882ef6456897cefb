import { type RunningServers, startServers } from '../servers/start-servers.ts';
import type { StateOwner } from '../supervise/own-state-dir.ts';
import type { Ports } from './choose-ports.ts';
import type { OwnServers } from './own-servers.ts';

/** Starts Kafka and MariaDB on the state directory that `owner` has. Throws StartError. */
export function startEmbeddedServers(options: {
  owner: StateOwner;
  ports: Ports;
  onProgress(line: string): void;
  signal: AbortSignal;
}): Promise<RunningServers> {
  const { owner, ports, onProgress, signal } = options;
  return startServers({
    stateDir: owner.stateDir,
    owner,
    onProgress: (line) => {
      if (!isToldByUs(line)) onProgress(line);
    },
    signal,
    kafkaPort: ports.kafka,
    mariadbPort: ports.mariadb,
  });
}

/** Addresses in the form that servers of one's own are given in. */
export function addressesOf(embedded: RunningServers | undefined): OwnServers {
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
