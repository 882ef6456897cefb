import { cpSync, existsSync, lstatSync, lutimesSync, readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import type { BuildContext } from '../../packages/local/src/servers/fetch-packages.ts';
import { fileEntry, folderTree, type LayerFiles } from './layer-files.ts';
import { librariesOf } from './program-files.ts';
import { runStep } from './run-step.ts';

/** What Kafka asks for; java.desktop for its java.beans alone. */
const MODULES = [
  'java.base',
  'java.desktop',
  'java.logging',
  'java.management',
  'java.naming',
  'java.security.jgss',
  'java.security.sasl',
  'java.sql',
  'jdk.crypto.ec',
  'jdk.management',
  'jdk.unsupported',
];
/** Of a whole runtime: nothing that a server needs. */
const LEFT_OUT = new Set(['man', 'include', 'jmods', 'docs', 'demo']);

/**
 * Makes a Java runtime in `folder` from the `java` on PATH: with `jlink` only the modules that Kafka needs (90 MB), else a
 * copy of the whole (200 MB). All its times are zero, as they will be in the image: its class archive holds for it there too.
 */
export async function makeJavaRuntime(folder: string, context: BuildContext): Promise<void> {
  const home = await findJavaHome(context);
  const jlink = join(home, 'bin/jlink');
  if (existsSync(jlink) && existsSync(join(home, 'jmods'))) {
    const args = [
      '--add-modules',
      MODULES.join(','),
      '--strip-java-debug-attributes',
      '--no-header-files',
      '--no-man-pages',
    ];
    await runStep({ name: 'jlink', command: jlink, args: [...args, '--output', folder] }, context);
  } else {
    copyRuntime(home, folder);
  }
  zeroTimes(folder);
  await runStep({ name: 'java-archive', command: join(folder, 'bin/java'), args: ['-Xshare:dump'] }, context);
  zeroTimes(folder);
}

/** The runtime at `target` in the image, with the libraries of this machine that it asks for. */
export function javaRuntimeFiles(folder: string, target: string): LayerFiles {
  const files = folderTree(folder, target);
  for (const program of ['bin/java', 'lib/server/libjvm.so']) {
    for (const library of librariesOf(join(folder, program))) {
      if (!library.startsWith(folder)) files.set(library, fileEntry(realpathSync(library), { mode: 0o755 }));
    }
  }
  return files;
}

/** Sets the times of everything in a folder to zero, which is what an image has. */
export function zeroTimes(folder: string): void {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (lstatSync(path).isDirectory()) zeroTimes(path);
    else lutimesSync(path, 0, 0);
  }
  lutimesSync(folder, 0, 0);
}

async function findJavaHome(context: BuildContext): Promise<string> {
  const args = ['-XshowSettings:properties', '-version'];
  const output = await runStep({ name: 'java-home', command: 'java', args }, context);
  const home = /java\.home = (.+)/.exec(output)?.[1]?.trim();
  if (home === undefined) throw new Error('The `java` on PATH does not tell where its runtime lies (java.home).');
  return home;
}

/** Links are followed: distributions keep settings elsewhere, and some point at what is not installed. */
function copyRuntime(home: string, folder: string): void {
  const filter = (path: string) => existsSync(path) && !LEFT_OUT.has(path.slice(home.length + 1));
  cpSync(home, folder, { recursive: true, dereference: true, filter });
}
