import { execFile, execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';

export const CHART = join(import.meta.dirname, '../../deploy/helm/payguard');

export const VALUES_FILES = ['values-dev.yaml', 'values-staging.yaml', 'values-prod.yaml'] as const;
export type ValuesFile = (typeof VALUES_FILES)[number];

/** The oldest Kubernetes that the chart promises: what it has not must not be rendered. */
const OLDEST_KUBERNETES = '1.27.0';
/** A render takes half a second; on a busy machine some more. */
const RENDER_TIMEOUT_MS = 30_000;
const MAX_OUTPUT_BYTES = 32 * 1024 * 1024;

/** Why nothing can be rendered here; undefined where helm is on PATH. Said on the terminal once in each test file. */
export const helmMissing: string | undefined = findHelm();

const objectSchema = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
});

/** One object as `helm template` writes it; whoever looks deeper parses deeper. */
export type ChartObject = z.output<typeof objectSchema>;

export type ChartOptions = {
  /** Of the chart's own; left out: values.yaml alone. */
  values?: ValuesFile;
  /** On top of it: `{ 'checkout.replicas': 3, 'checkout.tolerations': [] }`; anything that JSON can say. */
  set?: Record<string, unknown>;
  /** Release name [payguard]. */
  release?: string;
  kubeVersion?: string;
  /** What else the cluster has, such as `monitoring.coreos.com/v1`. */
  apiVersions?: string[];
};

export type Rendered = { outcome: 'rendered'; objects: ChartObject[] } | { outcome: 'refused'; message: string };

/** Renders the chart. Throws with helm's words when it refuses the values. */
export async function renderChart(options: ChartOptions = {}): Promise<ChartObject[]> {
  const rendered = await tryRenderChart(options);
  if (rendered.outcome === 'refused') throw new Error(rendered.message);
  return rendered.objects;
}

/** Renders the chart, or tells what helm said against the values. */
export function tryRenderChart(options: ChartOptions = {}): Promise<Rendered> {
  return new Promise((resolve, reject) => {
    const limits = { timeout: RENDER_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES };
    execFile('helm', helmArguments(options), limits, (error, stdout, stderr) => {
      if (error === null) resolve({ outcome: 'rendered', objects: parseObjects(stdout) });
      else if (typeof error.code === 'number') resolve({ outcome: 'refused', message: stderr });
      else reject(error);
    });
  });
}

/** The one object of that kind and name. Throws with what there is of the kind. */
export function findObject(objects: readonly ChartObject[], kind: string, name: string): ChartObject {
  const ofKind = objects.filter((object) => object.kind === kind);
  const found = ofKind.filter(({ metadata }) => metadata.name === name);
  if (found[0] !== undefined && found.length === 1) return found[0];
  const names = ofKind.map(({ metadata }) => metadata.name).join(', ');
  throw new Error(`${found.length} times ${kind} ${name}; there are: ${names || 'none of this kind'}`);
}

function helmArguments({ values, set = {}, release = 'payguard', ...cluster }: ChartOptions): string[] {
  return [
    ...['template', release, CHART, '--namespace', 'payguard'],
    ...['--kube-version', cluster.kubeVersion ?? OLDEST_KUBERNETES],
    ...(cluster.apiVersions ?? []).flatMap((version) => ['--api-versions', version]),
    ...(values === undefined ? [] : ['--values', join(CHART, values)]),
    ...Object.entries(set).flatMap(([key, value]) => ['--set-json', `${key}=${JSON.stringify(value)}`]),
  ];
}

/** YAML 1.1, as Kubernetes reads it: there `on` is true and 0440 octal. */
function parseObjects(text: string): ChartObject[] {
  return parseAllDocuments(text, { version: '1.1' }).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) throw error;
    const object: unknown = document.toJS();
    return object === null ? [] : [objectSchema.parse(object)];
  });
}

function findHelm(): string | undefined {
  try {
    execFileSync('helm', ['version', '--short'], { stdio: 'ignore', timeout: RENDER_TIMEOUT_MS });
    return undefined;
  } catch {
    const reason =
      'helm is not on PATH, so that nothing of the chart is rendered (scripts/install-chart-tools.sh gets it)';
    console.warn(`skipped: ${reason}`);
    return reason;
  }
}
