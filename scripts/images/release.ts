import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { ROOT } from '../bundle/programs.ts';

/** Which build of payguard an image is, and where it is to be found. */
export type Release = {
  readonly version: string;
  /** The commit that it was built from; ends with `-dirty` where the sources were changed since. */
  readonly commit: string;
  readonly source: string;
  /** Such as `registry.example.com`; empty: the node's default. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string;
};

const SOURCE = 'https://github.com/payguard/payguard';
const REPOSITORY = 'payguard';
const GIT_TIMEOUT_MS = 10_000;
const packageSchema = z.object({ version: z.string() });

/** Of the sources that this runs from. Where there is no repository, as in a Docker build, the commit must be told. */
export function readRelease(options: {
  tag?: string | undefined;
  registry?: string | undefined;
  commit?: string | undefined;
}): Release {
  const { version } = packageSchema.parse(JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')));
  return {
    version,
    commit: options.commit || readCommit(),
    source: SOURCE,
    registry: options.registry ?? '',
    repository: REPOSITORY,
    tag: options.tag ?? version,
  };
}

function readCommit(): string {
  try {
    const isChanged = git('status', '--porcelain', '--untracked-files=no') !== '';
    return `${git('rev-parse', 'HEAD')}${isChanged ? '-dirty' : ''}`;
  } catch {
    return 'unknown';
  }
}

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    timeout: GIT_TIMEOUT_MS,
  }).trim();
}
