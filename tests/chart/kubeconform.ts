import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { z } from 'zod';
import type { ChartObject } from './render-chart.ts';

const SCHEMAS = join(import.meta.dirname, 'schemas', '{{.ResourceKind}}{{.KindSuffix}}.json');
/** A second at most; on a busy machine some more. */
const TIMEOUT_MS = 30_000;

/** Why nothing can be checked here; undefined where kubeconform is on PATH. */
export const kubeconformMissing: string | undefined = findKubeconform();

const verdictSchema = z.object({
  resources: z.array(z.object({ kind: z.string(), name: z.string(), status: z.string(), msg: z.string() })),
  summary: z.object({ valid: z.int(), invalid: z.int(), errors: z.int(), skipped: z.int() }),
});
export type Verdict = { valid: number; complaints: string[] };

/** What kubeconform finds wrong with the objects, by the schemas beside this file alone: a kind without one is wrong. */
export function kubeconform(objects: readonly ChartObject[]): Promise<Verdict> {
  return new Promise((resolve, reject) => {
    // By one worker: each compiles all schemas for itself, which is most of the work.
    const args = ['-n', '1', '-strict', '-summary', '-output', 'json', '-schema-location', SCHEMAS];
    const child = execFile('kubeconform', args, { timeout: TIMEOUT_MS }, (error, stdout) => {
      if (error !== null && error.code !== 1) return reject(error);
      const { resources, summary } = verdictSchema.parse(JSON.parse(stdout));
      const complaints = resources.map(({ kind, name, status, msg }) => `${kind} ${name}: ${status}: ${msg}`);
      resolve({ valid: summary.valid, complaints });
    });
    // JSON is YAML; that no key stands twice was seen when it was read.
    child.stdin?.end(objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  });
}

function findKubeconform(): string | undefined {
  try {
    execFileSync('kubeconform', ['-v'], { stdio: 'ignore', timeout: TIMEOUT_MS });
    return undefined;
  } catch {
    const reason = 'kubeconform is not on PATH, so that no schema is asked (scripts/install-chart-tools.sh gets it)';
    console.warn(`skipped: ${reason}`);
    return reason;
  }
}
