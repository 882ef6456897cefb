import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';

const run = promisify(execFile);

const POM_FILE = join(import.meta.dirname, 'pom.xml');
/** Of wechatpay-java 0.2.17 on Java 17: 17 jars, 5 MB, and Maven's plugins, all at most once a machine. */
const DOWNLOAD_AND_COMPILE_TIMEOUT_MS = 180_000;
const VERSION_TIMEOUT_MS = 20_000;
/** The driver is compiled for it (pom.xml). */
const OLDEST_JAVA = 17;

/** Why the driver cannot be built on this machine, in one sentence; undefined when it can. */
export async function findMissingTool(): Promise<string | undefined> {
  const [maven, compiler] = await Promise.all([versionOf('mvn', '-version'), versionOf('javac', '-version')]);
  if (maven === undefined) return 'needs Maven (mvn), which is not installed';
  if (compiler === undefined) return `needs a JDK (javac) of Java ${OLDEST_JAVA} or newer, which is not installed`;
  const major = Number(/^javac (\d+)/m.exec(compiler)?.[1]);
  if (major < OLDEST_JAVA) return `needs Java ${OLDEST_JAVA} or newer, and javac is of Java ${major}`;
  return undefined;
}

/** Fetches the SDK and compiles the driver into `target` with Maven; the classpath to run it. Throws Maven's first error. */
export async function buildDriver(target: string): Promise<string> {
  const args = ['--batch-mode', '--quiet', '--file', POM_FILE, `-Dsdk.target=${target}`, 'process-classes'];
  try {
    await run('mvn', args, { timeout: DOWNLOAD_AND_COMPILE_TIMEOUT_MS });
  } catch (error) {
    throw new Error(`Maven could not build the driver of the Java SDK: ${firstErrorOf(error)}`, { cause: error });
  }
  const jars = await readFile(join(target, 'classpath.txt'), 'utf8');
  return [join(target, 'classes'), jars.trim()].join(delimiter);
}

async function versionOf(command: string, flag: string): Promise<string | undefined> {
  try {
    const { stdout } = await run(command, [flag], { timeout: VERSION_TIMEOUT_MS });
    return stdout;
  } catch {
    return undefined;
  }
}

function firstErrorOf(failure: unknown): string {
  const output = failure instanceof Error && 'stdout' in failure ? String(failure.stdout) : '';
  const line = stripVTControlCharacters(output)
    .split('\n')
    .find((text) => text.includes('[ERROR]'));
  return line?.replace('[ERROR]', '').trim() ?? String(failure);
}
