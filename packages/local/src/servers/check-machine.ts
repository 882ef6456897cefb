import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { StartError } from '../supervise/start-error.ts';
import { runCommand } from './run-command.ts';

/** Kafka 4 brokers run on Java 17 and later. */
const OLDEST_JAVA = 17;
const JAVA_TIMEOUT_MS = 20_000;

/** Throws StartError `unsupported_platform` where MariaDB's Maven package has no build. */
export function checkPlatform(platform: NodeJS.Platform, arch: string): void {
  if (platform === 'linux' && arch === 'x64') return;
  throw new StartError(
    'unsupported_platform',
    `The embedded MariaDB exists for linux-x64 only and this machine is ${platform}-${arch}: use a linux-x64 machine`,
  );
}

/** The version line of the `java` on PATH. Throws StartError `java_missing` when there is none that runs Kafka. */
export async function findJava(signal: AbortSignal): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'payguard-java-'));
  try {
    const { end, output } = await runCommand({
      command: 'java',
      args: ['-version'],
      logFile: join(folder, 'java.log'),
      // It is gone in a tenth of a second and holds nothing: no register needs it.
      registerChild: () => undefined,
      signal,
      timeoutMs: JAVA_TIMEOUT_MS,
    });
    return parseJavaVersion(end.code === 0 ? output : undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Takes the output of `java -version` (undefined: it could not be run). Throws StartError `java_missing`. */
export function parseJavaVersion(output: string | undefined): string {
  const cure = `install Java ${OLDEST_JAVA} (\`apt install openjdk-17-jre-headless\`)`;
  const version = output === undefined ? undefined : /version "(?:1\.)?(\d+)[^"]*".*/.exec(output);
  if (!version)
    throw new StartError('java_missing', `Kafka needs Java and there is no working \`java\` on the PATH: ${cure}`);
  const [line, major] = version;
  if (Number(major) >= OLDEST_JAVA) return line;
  throw new StartError(
    'java_missing',
    `Kafka needs Java ${OLDEST_JAVA} or later and the PATH has Java ${major}: ${cure}`,
  );
}
