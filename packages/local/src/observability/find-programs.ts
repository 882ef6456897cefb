import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { ConfigError } from '@payguard/shared/config/config-error';

export type ObservabilityPrograms = { prometheus: string; alertmanager: string };

/** Debian calls Alertmanager by a name of its own. */
const NAMES = { prometheus: ['prometheus'], alertmanager: ['alertmanager', 'prometheus-alertmanager'] } as const;

/** Paths of both programs on `path` (as in PATH). Throws ConfigError when one is not there. */
export function findPrograms(path: string): ObservabilityPrograms {
  const prometheus = findProgram(path, NAMES.prometheus);
  const alertmanager = findProgram(path, NAMES.alertmanager);
  if (prometheus !== undefined && alertmanager !== undefined) return { prometheus, alertmanager };
  const missing = [
    ...(prometheus === undefined ? ['prometheus'] : []),
    ...(alertmanager === undefined ? ['alertmanager'] : []),
  ];
  throw new ConfigError(
    `--observability needs ${missing.join(' and ')} on the PATH: install the Debian packages prometheus and prometheus-alertmanager (\`apt install prometheus prometheus-alertmanager\`), or start without --observability.`,
  );
}

/** The first file on `path` with one of the names that we may run. */
export function findProgram(path: string, names: readonly string[]): string | undefined {
  const candidates = path.split(delimiter).flatMap((folder) => names.map((name) => join(folder, name)));
  return candidates.find(isExecutable);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
