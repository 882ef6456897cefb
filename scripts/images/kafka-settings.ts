// How the broker of a development cluster is run: as on one machine (packages/local), but for where it lies and listens.
import { kafkaArguments, kafkaProperties } from '../../packages/local/src/servers/kafka-server.ts';

/** Where a broker keeps its log and listens. */
export type BrokerPlace = {
  readonly data: string;
  /** Empty: on every address. The controller is for the broker itself, on loopback. */
  readonly host: string;
  readonly port: number;
  readonly controllerPort: number;
};

/** In the image: a volume, and the port that the chart's Service has. */
export const IMAGE_PLACE: BrokerPlace = { data: '/var/lib/kafka/data', host: '', port: 9092, controllerPort: 9093 };

/** server.properties, without the address that it is found at: whoever starts it tells (--override advertised.listeners=…). */
export function brokerProperties({ data, host, port, controllerPort }: BrokerPlace): string {
  const local = kafkaProperties(port, controllerPort).trim().split('\n');
  const properties = new Map(local.map((line) => [line.slice(0, line.indexOf('=')), line]));
  properties.delete('advertised.listeners');
  properties.set('log.dirs', `log.dirs=${data}`);
  properties.set('listeners', `listeners=PLAINTEXT://${host}:${port},CONTROLLER://127.0.0.1:${controllerPort}`);
  return `${[...properties.values()].join('\n')}\n`;
}

/**
 * The JVM's arguments up to the class that it runs. Jars are named relative to the folder that it runs in, since its archive
 * of classes holds only for the names that it was made with.
 */
export function javaArguments(jars: string, options: readonly string[]): string[] {
  return kafkaArguments(jars, [...options])
    .slice(0, -2)
    .map((argument) => argument.replaceAll(`${jars}/`, 'libs/'));
}

/** The same as a file for `java @file`: in quotes, since the format of dates has some of its own. */
export function javaArgumentsFile(jars: string, archive: string): string {
  const options = [
    `-XX:SharedArchiveFile=${archive}`,
    '-Xshare:auto',
    // A broker of a few topics on a busy machine: together a third less processor time to ready (measured), and 20 MiB less.
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    // The kubelet starts it anew.
    '-XX:+ExitOnOutOfMemoryError',
  ];
  return javaArguments(jars, options)
    .map((argument) => `"${argument.replaceAll('\\', '\\\\')}"\n`)
    .join('');
}
