import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromFileSystemError, StartError } from '../supervise/start-error.ts';
import { buildOnce, lockCache } from './build-once.ts';
import { archiveKafkaClasses, bootstrapMariadb, formatKafka } from './build-templates.ts';
import { type BuildContext, fetchPackages, KAFKA_JARS, MARIADB_BASE, POM_FILE } from './fetch-packages.ts';
import type { KafkaFiles } from './kafka-server.ts';
import type { MariadbFiles } from './mariadb-server.ts';

export type ServerFiles = { kafka: KafkaFiles; mariadb: MariadbFiles };

/** To be raised when the way a template is made changes: old caches are then built anew. */
const RECIPE = 1;
/** Unpacked servers 350 MB before strip, Maven's copy 200 MB, templates and class archive 150 MB. */
const NEEDED_BYTES = 700 * 1024 * 1024;

/**
 * The servers' files under `cacheDir`, built at the first call by whichever process comes first. A build that was
 * killed or failed leaves nothing that is taken for complete. Throws StartError.
 */
export async function prepareCache(
  options: { cacheDir: string; javaVersion: string },
  context: BuildContext,
): Promise<ServerFiles> {
  const folder = join(options.cacheDir, `servers-${cacheKey(options.javaVersion)}`);
  const packages = join(folder, 'packages');
  const files: ServerFiles = {
    kafka: {
      jars: join(packages, KAFKA_JARS),
      template: join(folder, 'kafka-template'),
      classArchive: join(folder, 'kafka-classes.jsa'),
    },
    mariadb: { base: join(packages, MARIADB_BASE), template: join(folder, 'mariadb-template') },
  };
  const parts = [packages, files.kafka.template, files.kafka.classArchive, files.mariadb.template];
  if (parts.every((part) => existsSync(part))) return files;
  try {
    mkdirSync(options.cacheDir, { recursive: true });
    writeFileSync(join(options.cacheDir, 'build.lock'), '', { flag: 'a' });
    const lock = await lockCache(options.cacheDir, context);
    try {
      await buildParts(files, packages, context);
    } finally {
      lock.release();
    }
  } catch (error) {
    throw fromFileSystemError(error, options.cacheDir);
  }
  return files;
}

/** The class-data archive fits one Java only; everything else follows from pom.xml and the recipe. */
function cacheKey(javaVersion: string): string {
  const hash = createHash('sha256');
  for (const part of [readFileSync(POM_FILE, 'utf8'), javaVersion, RECIPE, process.platform, process.arch]) {
    hash.update(`${part}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

async function buildParts(files: ServerFiles, packages: string, context: BuildContext): Promise<void> {
  await buildOnce(packages, async (unfinished) => {
    mkdirSync(unfinished);
    requireRoom(unfinished);
    await fetchPackages(unfinished, context);
  });
  // One after the other: two at a time on 2 cores gain a second and leave half-done work behind when one fails.
  await buildOnce(files.mariadb.template, (unfinished) => {
    context.onProgress('making an empty MariaDB data directory (once)');
    return bootstrapMariadb(files.mariadb.base, unfinished, context);
  });
  await buildOnce(files.kafka.template, (unfinished) => {
    context.onProgress('formatting an empty Kafka log (once)');
    return formatKafka(files.kafka.jars, unfinished, context);
  });
  await buildOnce(files.kafka.classArchive, (unfinished) => {
    context.onProgress("archiving Kafka's classes for quick starts (about 6 s, once)");
    return archiveKafkaClasses(files.kafka, unfinished, context);
  });
}

function requireRoom(folder: string): void {
  const disk = statfsSync(folder);
  if (disk.bavail * disk.bsize >= NEEDED_BYTES) return;
  throw new StartError(
    'disk_full',
    `The disk that holds ${folder} has less than the ${NEEDED_BYTES / 1024 / 1024} MiB left that the servers need: free some space`,
  );
}
