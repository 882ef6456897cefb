import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { type ParsedTarEntryWithData, unpackTar } from 'modern-tar';
import { z } from 'zod';

const descriptorSchema = z.object({ digest: z.string(), size: z.number() });
const names = z.record(z.string(), z.string());
const indexSchema = z.object({ manifests: z.array(descriptorSchema.extend({ annotations: names })) });
const manifestSchema = z.object({
  config: descriptorSchema,
  layers: z.array(descriptorSchema),
  annotations: names,
});
const configSchema = z.object({
  architecture: z.string(),
  config: z.object({
    User: z.string(),
    Env: z.array(z.string()),
    Entrypoint: z.array(z.string()),
    WorkingDir: z.string(),
    ExposedPorts: z.record(z.string(), z.object({})).optional(),
    Labels: names,
  }),
  rootfs: z.object({ diff_ids: z.array(z.string()) }),
});

/** An OCI archive as a node reads it; whatever is not what its digest says is an error. */
export async function readArchive(file: string) {
  const entries = await unpackTar(await readFile(file), { strict: true });
  const content = (path: string): Uint8Array => {
    const data = entries.find((entry) => entry.header.name === path)?.data;
    if (data === undefined) throw new Error(`${file} has no ${path}`);
    return data;
  };
  const blob = (digest: string): Uint8Array => {
    const data = content(`blobs/${digest.replace(':', '/')}`);
    if (digestOf(data) !== digest) throw new Error(`${digest} is something else`);
    return data;
  };
  const json = (bytes: Uint8Array): unknown => JSON.parse(new TextDecoder().decode(bytes));
  const { manifests } = indexSchema.parse(json(content('index.json')));
  const [described] = manifests;
  if (described === undefined) throw new Error(`${file} names no image`);
  const manifest = manifestSchema.parse(json(blob(described.digest)));
  const config = configSchema.parse(json(blob(manifest.config.digest)));
  /** The lowest is 0. */
  const readLayer = (index: number): Promise<ParsedTarEntryWithData[]> => {
    const tar = gunzipSync(blob(manifest.layers[index]?.digest ?? ''));
    if (digestOf(tar) !== config.rootfs.diff_ids[index]) throw new Error(`layer ${index} is not what its diffId says`);
    return unpackTar(tar, { strict: true });
  };
  return {
    name: described.annotations['io.containerd.image.name'],
    digest: described.digest,
    manifest,
    config,
    readLayer,
  };
}

export function digestOf(bytes: Uint8Array | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
