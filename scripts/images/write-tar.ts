import { createReadStream, fstatSync, openSync } from 'node:fs';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { createTarPacker } from 'modern-tar';
import { folderEntry, type LayerEntry, type LayerFiles, ROOT_OWNER } from './layer-files.ts';

/** Times say nothing of the content, and would make every build another one. */
const MTIME = new Date(0);
/** Larger reads than Node's own 64 KiB: an image has files of 100 MiB. */
const READ_BYTES = 1024 * 1024;

/** The tar of these files: sorted by path, every folder before what is in it, times zero. Errors end the stream. */
export function tarStream(files: LayerFiles): Readable {
  const { readable, controller } = createTarPacker();
  const pack = async (): Promise<void> => {
    for (const [path, entry] of sortedEntries(files)) await packEntry(controller, path.slice(1), entry);
    controller.finalize();
  };
  pack().catch((err: unknown) => controller.error(err));
  return Readable.fromWeb(readable);
}

/** By path; folders that nobody named belong to root. */
export function sortedEntries(files: LayerFiles): ReadonlyArray<readonly [string, LayerEntry]> {
  const all: LayerFiles = new Map(files);
  for (const path of files.keys()) {
    if (!path.startsWith('/') || path.endsWith('/')) throw new Error(`A path in an image is absolute, unlike ${path}.`);
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) {
      if (!all.has(folder)) all.set(folder, folderEntry());
    }
  }
  return [...all].toSorted(([left], [right]) => (left < right ? -1 : 1));
}

type Packer = ReturnType<typeof createTarPacker>['controller'];

async function packEntry(packer: Packer, name: string, entry: LayerEntry): Promise<void> {
  const mtime = MTIME;
  switch (entry.kind) {
    case 'folder':
      return packer
        .add({ name: `${name}/`, type: 'directory', mode: entry.mode, mtime, ...entry.owner, size: 0 })
        .close();
    case 'symlink':
      return packer
        .add({ name, type: 'symlink', linkname: entry.target, mode: 0o777, mtime, ...ROOT_OWNER, size: 0 })
        .close();
    case 'bytes': {
      const { bytes, mode, owner } = entry;
      return writeBody(packer.add({ name, mode, mtime, ...owner, size: bytes.length }), [bytes]);
    }
    case 'file': {
      const { source, mode, owner } = entry;
      const fd = openSync(source, 'r');
      const { size } = fstatSync(fd);
      const bytes = createReadStream(source, { fd, highWaterMark: READ_BYTES });
      return writeBody(packer.add({ name, mode, mtime, ...owner, size }), bytes);
    }
  }
}

async function writeBody(
  body: WritableStream<Uint8Array>,
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<void> {
  const writer = body.getWriter();
  for await (const chunk of chunks) await writer.write(chunk);
  await writer.close();
}
