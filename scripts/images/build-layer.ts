import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { z } from 'zod';
import type { LayerEntry, LayerFiles } from './layer-files.ts';
import { sortedEntries, tarStream } from './write-tar.ts';
import { writeWhole } from './write-whole.ts';

/** A packed layer: a gzipped tar in a file of its own. */
export type Layer = {
  /** What it is, for the image's history. */
  readonly note: string;
  readonly file: string;
  /** Of the gzipped bytes. */
  readonly digest: string;
  /** Of the tar. */
  readonly diffId: string;
  /** In bytes, gzipped: what a registry keeps and a node fetches. */
  readonly size: number;
  /** In bytes, of the tar. */
  readonly unpackedSize: number;
};

const packedSchema = z.object({ digest: z.string(), diffId: z.string(), size: z.number(), unpackedSize: z.number() });

/** As everybody packs layers; 9 takes three times as long for one percent. */
const GZIP_LEVEL = 6;
/** Layers of another packing are not those of this one. */
const FORMAT = `1 ${process.versions.zlib} ${GZIP_LEVEL}`;
/** Base layers are worth keeping for seconds of packing each; the oldest go. */
const KEPT_LAYERS = 12;

/**
 * Packs files to a layer in `folder`, which is made where it is missing. The same files give the same bytes, and are not
 * packed twice: a layer is found again by its content, so that `folder` may be a cache. It keeps the twelve last used.
 */
export async function buildLayer(note: string, files: LayerFiles, folder: string): Promise<Layer> {
  await mkdir(folder, { recursive: true });
  const key = await contentKey(files);
  const file = join(folder, `${key}.tar.gz`);
  const record = join(folder, `${key}.json`);
  if (existsSync(record) && existsSync(file)) {
    const now = new Date();
    await utimes(file, now, now);
    return { note, file, ...packedSchema.parse(JSON.parse(await readFile(record, 'utf8'))) };
  }
  const packed = await pack(files, file);
  await writeFile(record, JSON.stringify(packed));
  await dropOldest(folder);
  return { note, file, ...packed };
}

/** What decides a layer's bytes, without packing it. */
async function contentKey(files: LayerFiles): Promise<string> {
  const hash = createHash('sha256').update(FORMAT);
  for (const [path, entry] of sortedEntries(files)) {
    hash.update(JSON.stringify([path, await describeEntry(entry)]));
  }
  return hash.digest('hex').slice(0, 32);
}

async function describeEntry(entry: LayerEntry): Promise<unknown> {
  switch (entry.kind) {
    case 'symlink':
    case 'folder':
      return entry;
    case 'bytes':
      return { ...entry, kind: 'file', bytes: createHash('sha256').update(entry.bytes).digest('hex') };
    case 'file': {
      const hash = createHash('sha256');
      await pipeline(createReadStream(entry.source), hash);
      return { kind: 'file', bytes: hash.digest('hex'), mode: entry.mode, owner: entry.owner };
    }
  }
}

type Packed = z.infer<typeof packedSchema>;

async function pack(files: LayerFiles, file: string): Promise<Packed> {
  const tar = measure();
  const gzipped = measure();
  await writeWhole(file, (unfinished) =>
    pipeline(
      tarStream(files),
      tar.stream,
      createGzip({ level: GZIP_LEVEL }),
      gzipped.stream,
      createWriteStream(unfinished),
    ),
  );
  return { digest: gzipped.digest(), diffId: tar.digest(), size: gzipped.size(), unpackedSize: tar.size() };
}

function measure(): { stream: Transform; digest(): string; size(): number } {
  const hash = createHash('sha256');
  let size = 0;
  const stream = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { stream, digest: () => `sha256:${hash.digest('hex')}`, size: () => size };
}

async function dropOldest(folder: string): Promise<void> {
  const records = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const layers = records.map((record) => join(folder, record.replace(/\.json$/, '')));
  const used = await Promise.all(
    layers.map(async (layer) => ({
      layer,
      atMs: (await stat(`${layer}.tar.gz`).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  for (const { layer } of used.toSorted((left, right) => right.atMs - left.atMs).slice(KEPT_LAYERS)) {
    await rm(`${layer}.json`, { force: true });
    await rm(`${layer}.tar.gz`, { force: true });
  }
}
