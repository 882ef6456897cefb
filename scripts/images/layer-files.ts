// What a layer of an image consists of, before it is packed: path in the image -> what lies there. Folders above a path
// need not be named. Nothing here reads a clock or an owner of this machine: the same files make the same layer.
import { existsSync, lstatSync, readdirSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

export type Owner = { readonly uid: number; readonly gid: number };

export const ROOT_OWNER: Owner = { uid: 0, gid: 0 };
/** Whom every container runs as. */
export const APP_OWNER: Owner = { uid: 10_001, gid: 10_001 };

export type LayerEntry =
  /** The bytes of a file of this machine; read when the layer is packed. */
  | { readonly kind: 'file'; readonly source: string; readonly mode: number; readonly owner: Owner }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly mode: number; readonly owner: Owner }
  | { readonly kind: 'symlink'; readonly target: string }
  | { readonly kind: 'folder'; readonly mode: number; readonly owner: Owner };

/** By absolute path in the image, such as `/app/points.mjs`. */
export type LayerFiles = Map<string, LayerEntry>;

type Permissions = { readonly mode?: number; readonly owner?: Owner };

/** A file of this machine; without a mode it is executable where it is executable here. */
export function fileEntry(source: string, { mode, owner = ROOT_OWNER }: Permissions = {}): LayerEntry {
  const isExecutable = (statSync(source).mode & 0o111) !== 0;
  return { kind: 'file', source, mode: mode ?? (isExecutable ? 0o755 : 0o644), owner };
}

export function textEntry(text: string, { mode = 0o644, owner = ROOT_OWNER }: Permissions = {}): LayerEntry {
  return { kind: 'bytes', bytes: Buffer.from(text), mode, owner };
}

export function folderEntry({ mode = 0o755, owner = ROOT_OWNER }: Permissions = {}): LayerEntry {
  return { kind: 'folder', mode, owner };
}

export function symlinkEntry(target: string): LayerEntry {
  return { kind: 'symlink', target };
}

/**
 * A folder of this machine with all that is in it, at `target` in the image. Links stay links; sockets and the like are
 * left out. `keep` is asked with each path below the folder; a folder it refuses is left out whole.
 */
export function folderTree(
  source: string,
  target: string,
  options: { readonly owner?: Owner; readonly keep?: (path: string) => boolean } = {},
): LayerFiles {
  if (!existsSync(source)) throw new Error(`${source} does not exist.`);
  const { owner = ROOT_OWNER, keep = () => true } = options;
  const files: LayerFiles = new Map([[target, folderEntry({ owner })]]);
  const walk = (below: string): void => {
    for (const name of readdirSync(join(source, below)).toSorted()) {
      const path = join(below, name);
      if (!keep(path)) continue;
      const stat = lstatSync(join(source, path));
      if (stat.isSymbolicLink()) files.set(join(target, path), symlinkEntry(readlinkSync(join(source, path))));
      if (stat.isFile()) files.set(join(target, path), fileEntry(join(source, path), { owner }));
      if (!stat.isDirectory()) continue;
      files.set(join(target, path), folderEntry({ owner }));
      walk(path);
    }
  };
  walk('');
  return files;
}

/** Several together; the same path twice is a mistake of whoever put them together, unless both mean a folder. */
export function mergeFiles(...parts: readonly LayerFiles[]): LayerFiles {
  const merged: LayerFiles = new Map();
  for (const [path, entry] of parts.flatMap((part) => [...part])) {
    const known = merged.get(path);
    if (known !== undefined && !isSameEntry(known, entry)) throw new Error(`${path} is in the layer twice.`);
    merged.set(path, entry);
  }
  return merged;
}

function isSameEntry(left: LayerEntry, right: LayerEntry): boolean {
  if (left.kind === 'file' && right.kind === 'file') return left.source === right.source;
  return left.kind === 'folder' && right.kind === 'folder';
}
