import {
  chmodSync,
  chownSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { LayerEntry, LayerFiles } from './layer-files.ts';
import { sortedEntries } from './write-tar.ts';

/**
 * Lays a layer's files out below `root`, with the modes and times (zero) that they have in the image; owners only where this
 * process may give them away. What is there of an earlier layer stays, or is replaced.
 */
export function writeFolder(root: string, files: LayerFiles): void {
  mkdirSync(root, { recursive: true });
  const entries = sortedEntries(files).map(([path, entry]) => ({ path: join(root, path), entry }));
  for (const { path, entry } of entries) writeEntry(path, entry);
  // Afterwards: a folder's time changes with each file in it. The deepest first.
  for (const { path } of entries.toReversed()) lutimesSync(path, 0, 0);
}

function writeEntry(path: string, entry: LayerEntry): void {
  // Not through a link that lies there.
  if (entry.kind !== 'folder') rmSync(path, { force: true });
  switch (entry.kind) {
    case 'symlink':
      symlinkSync(entry.target, path);
      return;
    case 'folder':
      mkdirSync(path, { recursive: true });
      break;
    case 'bytes':
      writeFileSync(path, entry.bytes);
      break;
    case 'file':
      copyFileSync(entry.source, path);
      break;
  }
  chmodSync(path, entry.mode);
  if (process.getuid?.() === 0) chownSync(path, entry.owner.uid, entry.owner.gid);
}
