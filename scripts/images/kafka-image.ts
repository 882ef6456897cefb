import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildOnce } from '../../packages/local/src/servers/build-once.ts';
import type { BuildContext } from '../../packages/local/src/servers/fetch-packages.ts';
import { findFreePort } from '../../packages/local/src/servers/find-free-port.ts';
import { KAFKA_READY, type KafkaFiles } from '../../packages/local/src/servers/kafka-server.ts';
import { javaRuntimeFiles, makeJavaRuntime, zeroTimes } from './java-runtime.ts';
import { brokerProperties, IMAGE_PLACE, javaArguments, javaArgumentsFile } from './kafka-settings.ts';
import { folderTree, textEntry } from './layer-files.ts';
import { runStep } from './run-step.ts';
import { fetchServerParts, type ServerImage, type ServerImageOptions } from './server-image.ts';

/** Where they lie in the image. The JVM runs in the second one, and knows the jars by names relative to it. */
const JAVA = '/opt/java';
const KAFKA = '/opt/kafka';
const ARCHIVE = 'kafka-classes.jsa';
const ARGUMENTS = 'java-arguments';
const PROPERTIES = 'server.properties';
/** Any: what is formatted here is thrown away. */
const CLUSTER_ID = 'cGF5Z3VhcmQtYXJjaGl2ZQ';

/**
 * Apache Kafka for one KRaft node: the JVM is its only process, and reads server.properties of the image. Whoever starts it
 * tells what else holds:
 *
 *   kafka.tools.StorageTool format --ignore-formatted --cluster-id=… --config=server.properties   (an empty volume, once)
 *   kafka.Kafka server.properties --override advertised.listeners=PLAINTEXT://payguard-kafka:9092
 *
 * Built at the first call (15 s), then kept. Throws StartError, or an Error that names the log of the step that failed.
 */
export async function kafkaImage(options: ServerImageOptions): Promise<ServerImage> {
  const { packages, folder, context } = await fetchServerParts(options);
  const java = join(folder, 'java');
  const kafka = join(folder, 'kafka');
  await buildOnce(java, (unfinished) => {
    options.onProgress('making a Java runtime for Kafka (about 6 s, once)');
    return makeJavaRuntime(unfinished, context);
  });
  await buildOnce(kafka, (unfinished) => {
    options.onProgress('putting Kafka together and archiving its classes (about 8 s, once)');
    return assembleKafka(unfinished, { java, packages: packages.kafka }, context);
  });
  return {
    layers: [
      { note: 'Java runtime', files: javaRuntimeFiles(java, JAVA) },
      {
        note: 'Apache Kafka',
        files: new Map([
          ...folderTree(kafka, KAFKA),
          [`${KAFKA}/${PROPERTIES}`, textEntry(brokerProperties(IMAGE_PLACE))],
          [`${KAFKA}/${ARGUMENTS}`, textEntry(javaArgumentsFile(packages.kafka.jars, `${KAFKA}/${ARCHIVE}`))],
        ]),
      },
    ],
    config: {
      env: { LC_ALL: 'C.UTF-8' },
      entrypoint: [`${JAVA}/bin/java`, `@${KAFKA}/${ARGUMENTS}`],
      command: ['kafka.Kafka', PROPERTIES],
      workingDir: KAFKA,
      exposedPorts: ['9092/tcp'],
    },
  };
}

/** Jars, and the archive of the classes that a start loads: 1.8 s to ready instead of 4. */
async function assembleKafka(
  folder: string,
  from: { java: string; packages: KafkaFiles },
  context: BuildContext,
): Promise<void> {
  mkdirSync(join(folder, 'libs'), { recursive: true });
  for (const jar of readdirSync(from.packages.jars)) cpSync(join(from.packages.jars, jar), join(folder, 'libs', jar));
  // The archive holds only for jars of the same names, sizes and times.
  zeroTimes(folder);
  await archiveClasses(folder, from, context);
}

/** Runs the broker once until it is ready, on a log that is thrown away, from a folder like the image's. */
async function archiveClasses(
  folder: string,
  { java, packages }: { java: string; packages: KafkaFiles },
  context: BuildContext,
): Promise<void> {
  const data = `${folder}.data`;
  const command = join(java, 'bin/java');
  const port = await findFreePort();
  const controllerPort = await findFreePort([port]);
  const config = `${folder}.properties`;
  writeFileSync(config, brokerProperties({ host: '127.0.0.1', port, controllerPort, data }));
  try {
    const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${CLUSTER_ID}`, `--config=${config}`];
    const plain = javaArguments(packages.jars, []);
    await runStep({ name: 'kafka-format', command, args: [...plain, ...format], cwd: folder }, context);
    const archiving = javaArguments(packages.jars, [`-XX:ArchiveClassesAtExit=${join(folder, ARCHIVE)}`]);
    const args = [...archiving, 'kafka.Kafka', config];
    await runStep({ name: 'kafka-archive', command, args, cwd: folder, until: KAFKA_READY }, context);
  } finally {
    rmSync(data, { recursive: true, force: true });
    rmSync(config, { force: true });
  }
}
