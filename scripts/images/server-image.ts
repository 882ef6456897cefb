// What the images of Kafka and MariaDB have in common: made of the packages that `npm start` runs, for development clusters.
import { mkdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { findJava } from '../../packages/local/src/servers/check-machine.ts';
import { DEFAULT_CACHE_DIR } from '../../packages/local/src/servers/default-folders.ts';
import type { BuildContext } from '../../packages/local/src/servers/fetch-packages.ts';
import { prepareCache, type ServerFiles } from '../../packages/local/src/servers/prepare-cache.ts';
import type { LayerFiles } from './layer-files.ts';
import type { ContainerConfig } from './oci-archive.ts';

/** An image without its base (the one with Node, which all images share), names and labels. */
export type ServerImage = {
  /** The lowest first. */
  readonly layers: ReadonlyArray<{ readonly note: string; readonly files: LayerFiles }>;
  readonly config: Pick<ContainerConfig, 'env' | 'entrypoint' | 'command' | 'workingDir' | 'exposedPorts'>;
};

export type ServerImageOptions = {
  /** Of downloads and finished parts; `npm start`'s own unless told. */
  readonly cacheDir?: string;
  readonly onProgress: (line: string) => void;
  /** Cancels the build; nothing of it is left running. */
  readonly signal?: AbortSignal;
};

/** To be raised when the way a kept part is made changes. */
const RECIPE = 1;

/** What an image is made from, and where its finished parts are kept. */
export type ServerParts = {
  readonly packages: ServerFiles;
  /** Of the same packages, Java and recipe: what is there is never out of date. */
  readonly folder: string;
  readonly context: BuildContext;
};

/** The packages, fetched where they are not there yet. Throws StartError. */
export async function fetchServerParts(options: ServerImageOptions): Promise<ServerParts> {
  const cacheDir = options.cacheDir ?? DEFAULT_CACHE_DIR;
  const logDir = join(cacheDir, 'logs');
  mkdirSync(logDir, { recursive: true });
  const signal = options.signal ?? new AbortController().signal;
  const context: BuildContext = {
    onProgress: options.onProgress,
    // Each command ends with the build: nobody has to find it again.
    registerChild: () => undefined,
    signal,
    logDir,
  };
  const packages = await prepareCache({ cacheDir, javaVersion: await findJava(signal) }, context);
  return { packages, folder: join(cacheDir, `images-${RECIPE}-${keyOf(packages)}`), context };
}

/** The cache names its folder for all that decides its content. */
function keyOf(packages: ServerFiles): string {
  return basename(dirname(packages.kafka.template)).replace(/^servers-/, '');
}
