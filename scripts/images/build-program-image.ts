import { createHash } from 'node:crypto';
import { cp, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundleProgram } from '../bundle/bundle-program.ts';
import { ROOT, TRACING_SDK } from '../bundle/programs.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { buildLayer, type Layer } from './build-layer.ts';
import { type BundledPackages, licenseTexts, packagesOf } from './bundled-packages.ts';
import { imageConfig, imageLabels, imageName } from './image-identity.ts';
import { folderTree } from './layer-files.ts';
import { type WrittenArchive, writeArchive } from './oci-archive.ts';
import type { ProgramImage } from './program-images.ts';
import type { Release } from './release.ts';
import type { SystemPackage } from './system-packages.ts';

/** What lies in /app of an image, in a folder of this machine. */
export type AppFolder = {
  readonly folder: string;
  readonly packages: BundledPackages;
};

/** Bundles an image's programs into `folder`, emptied before, with all that they read there and the licences of it all. */
export async function makeAppFolder(image: ProgramImage, folder: string): Promise<AppFolder> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const bundles = [];
  for (const [name, source] of image.programs) {
    bundles.push(await bundleProgram(source, join(folder, `${name}.mjs`), 'small'));
  }
  if (bundles.some((bundle) => bundle.usesTracingSdk)) {
    bundles.push(await bundleProgram(TRACING_SDK.source, join(folder, `${TRACING_SDK.name}.mjs`), 'small'));
  }
  const packages = packagesOf(bundles);
  await cp(join(ROOT, 'LICENSE'), join(folder, 'LICENSE'));
  await writeFile(join(folder, 'THIRD-PARTY-LICENSES.txt'), licenseTexts(packages));
  return { folder, packages };
}

/** In bytes, of all files together. */
export async function sizeOfFolder(folder: string): Promise<number> {
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const stats = await Promise.all(files.map(({ parentPath, name }) => stat(join(parentPath, name))));
  return stats.reduce((sum, { size }) => sum + size, 0);
}

/** Beside the archive, since it says what is in it: `<name>.cdx.json`. Answers its text. */
export async function writeBillOfMaterials(
  file: string,
  image: ProgramImage,
  content: { app: AppFolder; release: Release; systemPackages: readonly SystemPackage[] },
): Promise<string> {
  const { app, release, systemPackages } = content;
  const { description, licenses } = image;
  const text = billOfMaterials({
    name: `${release.repository}/${image.name}`,
    version: release.version,
    description,
    licenses,
    packages: app.packages,
    systemPackages,
  });
  await writeFile(file, text);
  return text;
}

/** The image as an archive: the base, and /app above it. */
export async function writeProgramArchive(
  file: string,
  image: ProgramImage,
  from: { base: Layer; app: AppFolder; release: Release; billOfMaterials: string; work: string },
): Promise<WrittenArchive & { app: Layer }> {
  const { base, release } = from;
  const app = await buildLayer('payguard', folderTree(from.app.folder, '/app'), from.work);
  const labels = imageLabels(image, release);
  const written = await writeArchive(file, {
    names: [imageName(image.name, release)],
    layers: [base, app],
    config: imageConfig(release, labels, {
      env: {},
      entrypoint: ['node', `/app/${image.entrypoint}.mjs`],
      workingDir: '/app',
      exposedPorts: image.ports,
    }),
    annotations: {
      ...labels,
      'io.payguard.sbom': `${image.name}.cdx.json`,
      'io.payguard.sbom.sha256': createHash('sha256').update(from.billOfMaterials).digest('hex'),
    },
  });
  return { ...written, app };
}
