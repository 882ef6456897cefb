import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ROOT } from '../bundle/programs.ts';
import { buildLayer, type Layer } from './build-layer.ts';
import { makeAppFolder, sizeOfFolder, writeBillOfMaterials, writeProgramArchive } from './build-program-image.ts';
import { imageConfig, imageLabels, imageName } from './image-identity.ts';
import { nodeBaseFiles } from './node-base.ts';
import { writeArchive } from './oci-archive.ts';
import type { ProgramImage } from './program-images.ts';
import type { Release } from './release.ts';
import type { ServerImageDescription } from './server-images.ts';
import { type SystemPackage, systemPackagesOf } from './system-packages.ts';

/** Of layers that take seconds to pack. */
export const LAYER_CACHE = join(ROOT, 'node_modules/.cache/payguard-image-layers');

export type BuiltImage = {
  readonly name: string;
  /** With its registry and tag. */
  readonly image: string;
  /** Of the manifest. */
  readonly digest: string;
  readonly archive: string;
  readonly layers: readonly Layer[];
};

export type BuildOptions = {
  /** Where archives and bills go. */
  readonly folder: string;
  readonly release: Release;
  /** Emptied by whoever gives it. */
  readonly work: string;
  readonly onProgress: (line: string) => void;
  readonly signal: AbortSignal;
};

export type Base = { readonly layer: Layer; readonly systemPackages: readonly SystemPackage[] };

/** What all images stand on. Packed once for each Node, then found in the cache. */
export async function buildBase(): Promise<Base> {
  const files = nodeBaseFiles();
  const libraries = [...files].flatMap(([path, entry]) => (entry.kind === 'file' && isLibrary(path) ? [path] : []));
  const layer = await buildLayer('Node.js and what it needs', files, LAYER_CACHE);
  return { layer, systemPackages: systemPackagesOf([...libraries, '/usr/share/zoneinfo/UTC']) };
}

function isLibrary(path: string): boolean {
  return /^\/(usr\/)?lib/.test(path);
}

/** `<name>.tar` and `<name>.cdx.json`. */
export async function buildProgramImage(image: ProgramImage, base: Base, options: BuildOptions): Promise<BuiltImage> {
  const { folder, release, work } = options;
  const app = await makeAppFolder(image, join(work, image.name));
  const { systemPackages } = base;
  const bill = join(folder, `${image.name}.cdx.json`);
  const billOfMaterials = await writeBillOfMaterials(bill, image, { app, release, systemPackages });
  const archive = join(folder, `${image.name}.tar`);
  const written = await writeProgramArchive(archive, image, { base: base.layer, app, release, billOfMaterials, work });
  const name = imageName(image.name, release);
  return { name: image.name, image: name, digest: written.digest, archive, layers: [base.layer, written.app] };
}

/** `<name>.tar`. Throws StartError where its packages cannot be had. */
export async function buildServerImage(
  server: ServerImageDescription,
  base: Base,
  { folder, release, onProgress, signal }: BuildOptions,
): Promise<BuiltImage> {
  const { layers: own, config } = await server.build({ onProgress, signal });
  const layers = [base.layer];
  for (const { note, files } of own) layers.push(await buildLayer(note, files, LAYER_CACHE));
  const labels = imageLabels(server, release);
  const archive = join(folder, `${server.name}.tar`);
  const image = imageName(server.name, release);
  const { digest } = await writeArchive(archive, {
    names: [image],
    layers,
    config: imageConfig(release, labels, config),
    annotations: labels,
  });
  return { name: server.name, image, digest, archive, layers };
}

/** `<name>/app`, as a Dockerfile copies it into the image, and `<name>.cdx.json`. Answers the bytes of the folder. */
export async function buildAppFolder(image: ProgramImage, { folder, release }: BuildOptions): Promise<number> {
  const target = join(folder, image.name, 'app');
  await mkdir(target, { recursive: true });
  const app = await makeAppFolder(image, target);
  await writeBillOfMaterials(join(folder, `${image.name}.cdx.json`), image, { app, release, systemPackages: [] });
  return sizeOfFolder(target);
}

/** What a script needs to import or push them: images.json. */
export async function writeImageList(folder: string, images: readonly BuiltImage[]): Promise<void> {
  const list = images.map(({ name, image, digest }) => ({ name, image, digest, archive: `${name}.tar` }));
  await writeFile(join(folder, 'images.json'), `${JSON.stringify(list, null, 2)}\n`);
}
