import { execFileSync } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { join, relative } from 'node:path';

const ROOT = join(import.meta.dirname, '../../../..');

/** Writes a record of a run to docs/evidence: what was measured, of which commit, on what kind of machine. */
export async function writeEvidence(kind: string, figures: object): Promise<string> {
  const record = {
    kind,
    at: new Date().toISOString(),
    commit: git('rev-parse', 'HEAD'),
    uncommittedChanges: git('status', '--porcelain') !== '',
    machine: {
      platform: `${process.platform}-${process.arch}`,
      cores: cpus().length,
      cpu: cpus()[0]?.model ?? 'unknown',
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
    },
    ...figures,
  };
  const folder = join(ROOT, 'docs/evidence');
  await mkdir(folder, { recursive: true });
  const file = join(folder, `${kind}-${record.at.slice(0, 16).replaceAll(':', '')}.json`);
  await writeFile(file, `${JSON.stringify(record, null, 2)}\n`);
  return relative(ROOT, file);
}

function git(...args: string[]): string {
  return execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim();
}
