// An image as an OCI archive, without Docker: what `ctr images import`, `docker load`, `kind load image-archive`,
// `skopeo copy oci-archive:…` and `podman load` take. The same layers and settings give the same bytes.
//
//   const base = await buildLayer('base', programFiles({ '/usr/local/bin/node': process.execPath }), cacheFolder);
//   const app = await buildLayer('app', new Map([['/app/main.mjs', fileEntry('dist/main.mjs')]]), cacheFolder);
//   await writeArchive('shop.tar', { names: ['localhost/shop:1'], layers: [base, app], config: { … }, annotations: {} });
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import type { Layer } from './build-layer.ts';
import { fileEntry, type LayerFiles, textEntry } from './layer-files.ts';
import { tarStream } from './write-tar.ts';
import { writeWhole } from './write-whole.ts';

/** What a container is started with (OCI image configuration). */
export type ContainerConfig = {
  /** `10001:10001`: by number, so that Kubernetes can see that it is not root. */
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly entrypoint: readonly string[];
  readonly command?: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Such as `8080/tcp`: for people; opens nothing. */
  readonly exposedPorts?: readonly string[];
};

export type Image = {
  /** With their tags: `localhost/payguard/points:0.1.0`. */
  readonly names: readonly string[];
  /** The lowest first. */
  readonly layers: readonly Layer[];
  readonly config: ContainerConfig;
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>;
};

export type WrittenArchive = {
  /** Of the manifest: what a node runs and a registry pins. */
  readonly digest: string;
  /** In bytes. */
  readonly size: number;
};

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number };

/** Times say nothing of the content, and would make every build another one. */
const CREATED = new Date(0).toISOString();
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };
const MEDIA_TYPES = {
  layer: 'application/vnd.oci.image.layer.v1.tar+gzip',
  config: 'application/vnd.oci.image.config.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
};

/** Writes the archive; nothing stands under its name before it is whole. Errors of the file system are thrown. */
export async function writeArchive(file: string, image: Image): Promise<WrittenArchive> {
  const blobs: LayerFiles = new Map();
  const addBlob = (mediaType: string, content: unknown): Descriptor => {
    const text = JSON.stringify(content);
    const digest = `sha256:${createHash('sha256').update(text).digest('hex')}`;
    blobs.set(blobPath(digest), textEntry(text));
    return { mediaType, digest, size: Buffer.byteLength(text) };
  };
  for (const layer of image.layers) {
    blobs.set(blobPath(layer.digest), fileEntry(layer.file, { mode: 0o644 }));
  }
  const config = addBlob(MEDIA_TYPES.config, describeConfig(image));
  const manifest = addBlob(MEDIA_TYPES.manifest, {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.manifest,
    config,
    layers: image.layers.map(({ digest, size }) => ({ mediaType: MEDIA_TYPES.layer, digest, size })),
    annotations: image.annotations,
  });
  const files = new Map([...blobs, ...layoutFiles(image, config, manifest)]);
  await writeWhole(file, (unfinished) => pipeline(tarStream(files), createWriteStream(unfinished)));
  return { digest: manifest.digest, size: (await stat(file)).size };
}

function blobPath(digest: string): string {
  return `/blobs/${digest.replace(':', '/')}`;
}

function describeConfig({ config, layers }: Image): unknown {
  return {
    created: CREATED,
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: 'linux',
    config: {
      User: config.user,
      ...(config.exposedPorts && { ExposedPorts: Object.fromEntries(config.exposedPorts.map((port) => [port, {}])) }),
      Env: Object.entries(config.env).map(([name, value]) => `${name}=${value}`),
      Entrypoint: config.entrypoint,
      ...(config.command && { Cmd: config.command }),
      WorkingDir: config.workingDir,
      Labels: config.labels,
    },
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history: layers.map((layer) => ({ created: CREATED, created_by: layer.note })),
  };
}

function layoutFiles({ names, layers }: Image, config: Descriptor, manifest: Descriptor): LayerFiles {
  const json = (content: unknown) => textEntry(JSON.stringify(content));
  const manifests = names.map((name) => ({
    ...manifest,
    annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name },
  }));
  const inArchive = (digest: string) => blobPath(digest).slice(1);
  return new Map([
    ['/oci-layout', json({ imageLayoutVersion: '1.0.0' })],
    ['/index.json', json({ schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests })],
    // What a Docker before 25 reads instead.
    [
      '/manifest.json',
      json([
        { Config: inArchive(config.digest), RepoTags: names, Layers: layers.map(({ digest }) => inArchive(digest)) },
      ]),
    ],
  ]);
}
