import { execFileSync } from 'node:child_process';
import { realpathSync } from 'node:fs';

export type SystemPackage = {
  readonly name: string;
  readonly version: string;
  /** Nothing for a package that is the same on all. */
  readonly architecture: string | undefined;
};

const DPKG_TIMEOUT_MS = 10_000;

/** The Debian packages that these files of this machine are of, by name; none where another system keeps packages. */
export function systemPackagesOf(files: readonly string[]): SystemPackage[] {
  // Debian knows a file under the name that it was once installed by, before /lib and /usr/lib became one.
  const paths = files.flatMap((file) => [file, realpathSync(file), realpathSync(file).replace(/^\/usr\//, '/')]);
  const owners = dpkgQuery(['--search', ...new Set(paths)]).flatMap(
    (line) => /^([^ :]+)(:\S+)?: \//.exec(line)?.[1] ?? [],
  );
  if (owners.length === 0) return [];
  const names = [...new Set(owners)].toSorted();
  return dpkgQuery(['--show', ...names]).flatMap((line) => {
    const [, name, architecture, version] = /^([^:\t]+)(?::([^\t]+))?\t(.+)$/.exec(line) ?? [];
    return name === undefined || version === undefined ? [] : [{ name, version, architecture }];
  });
}

/** Lines of its answer; it fails, after what it has found, where it does not know one of the files. */
function dpkgQuery(args: readonly string[]): string[] {
  const run = (): string => {
    try {
      return execFileSync('dpkg-query', args, {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
        timeout: DPKG_TIMEOUT_MS,
      });
    } catch (err) {
      return err instanceof Error && 'stdout' in err ? String(err.stdout ?? '') : '';
    }
  };
  return run()
    .split('\n')
    .filter((line) => line !== '');
}
