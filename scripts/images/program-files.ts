import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileEntry, type LayerFiles } from './layer-files.ts';

const LDD_TIMEOUT_MS = 10_000;

/**
 * Programs of this machine with every shared library they ask for, by the dynamic loader's own list (`ldd`); a library
 * lies in the image where it lies here. By path in the image: `{ '/usr/local/bin/node': process.execPath }`.
 */
export function programFiles(programs: Readonly<Record<string, string>>): LayerFiles {
  const files: LayerFiles = new Map();
  for (const [target, program] of Object.entries(programs)) {
    const source = realpathSync(program);
    files.set(target, fileEntry(source, { mode: 0o755 }));
    for (const library of librariesOf(source)) files.set(library, fileEntry(realpathSync(library), { mode: 0o755 }));
  }
  return files;
}

/** Paths of the shared libraries that a program or library asks for, the loader among them; none for a static one. */
export function librariesOf(program: string): string[] {
  const listing = listLibraries(program);
  const missing = listing.split('\n').find((line) => line.includes('not found'));
  if (missing !== undefined) throw new Error(`${program} misses a library on this machine: ${missing.trim()}.`);
  return listing.split('\n').flatMap((line) => /(?:=>\s+)?(\/\S+)\s+\(0x/.exec(line)?.[1] ?? []);
}

/** `ldd` fails, and says so on stderr alone, where there is nothing to load. */
function listLibraries(program: string): string {
  try {
    return execFileSync('ldd', [program], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: LDD_TIMEOUT_MS,
    });
  } catch (err) {
    if (err instanceof Error && 'status' in err && err.status === 1) return '';
    throw err;
  }
}
