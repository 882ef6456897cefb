import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isCollection, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument, type YAMLMap } from 'yaml';

const VALUES = join(import.meta.dirname, '../../deploy/helm/payguard/values.yaml');

const INTRO = `# payguard on Kubernetes

One values file for each environment lies beside this page: \`values-dev.yaml\` (the whole system with a simulator of WeChat Pay,
nothing else needed), \`values-staging.yaml\`, \`values-prod.yaml\`. Copy the latter two and put in your own names; what they
do not name is as below.

\`\`\`sh
helm install payguard deploy/helm/payguard --namespace payguard --create-namespace --wait --wait-for-jobs --atomic \\
  --values deploy/helm/payguard/values-dev.yaml
helm test payguard --namespace payguard
\`\`\`

Which Secrets to make beforehand, upgrades, rollbacks, backups and drills: [docs/operations.md](../../../docs/operations.md).
A key that stands nowhere below is refused, and so are values that would lose payments.

## Monitoring

The Prometheus Operator finds a PodMonitor and a PrometheusRule, where the cluster has these kinds; give both the labels that
your Prometheus selects by (\`monitoring.labels\`). Without the operator, let Prometheus scrape the pods' port \`operations\`, with the
labels \`namespace\` and \`pod\`; its rule file is what stands below \`spec\` in

\`\`\`sh
helm template payguard deploy/helm/payguard --values … --api-versions monitoring.coreos.com/v1 \\
  --show-only templates/monitoring/prometheus-rule.yaml
\`\`\`

Where several installations share one Prometheus, let it keep their rules apart (\`enforcedNamespaceLabel: namespace\`): the alert
that something is absent would else be silenced by what the other has. Dashboards are ConfigMaps for Grafana's sidecar.
Alertmanager's routes are those of \`files/alertmanager.yaml\` ([docs/alerting.md](../../../docs/alerting.md)). KEDA, with
\`points.keda.enabled\`, asks the brokers from its own namespace as the user of points: let it in there.

## Tests

\`tests/chart\` renders every values file with helm, and looks at the objects with vitest, as all other tests here do:
helm-unittest would be a second test language, and could not ask the code whether it reads what the chart writes. kubeconform
checks them against the schemas of Kubernetes and of the CRDs (\`tests/chart/schemas\`). \`npm run e2e:k8s\` installs it for real.
\`scripts/install-chart-tools.sh\` gets both programs; without them these tests are skipped, and say so.`;

type Row = { path: string; fallback: string; meaning: string };
type Source = { text: string; lines: string[]; lineOf: (node: Node) => number };

/**
 * The chart's README, its tables from the comments of values.yaml. helm-docs and Bitnami's readme generator were weighed:
 * both want marks of their own in each comment (`# --`, `@param` with the name once more), and the first is a Go program
 * to install for what the YAML parser at hand does on this page.
 */
export function chartReadme(): string {
  const text = readFileSync(VALUES, 'utf8');
  const counter = new LineCounter();
  const document = parseDocument(text, { lineCounter: counter });
  if (!isMap(document.contents)) throw new Error('values.yaml is no map.');
  const source: Source = {
    text,
    lines: text.split('\n'),
    lineOf: (node) => counter.linePos(node.range?.[0] ?? 0).line - 1,
  };
  const { items } = document.contents;
  const single = items.filter((pair) => !isGroup(pair.value));
  const sections = items.flatMap((pair) => (isGroup(pair.value) ? [groupSection(source, pair, pair.value)] : []));
  const whole = [`## Values: the whole release\n\n${table(single.flatMap((pair) => rowsOf(source, pair, '')))}`];
  return `${INTRO}\n\n${[...whole, ...exampleSections(source, single), ...sections].join('\n\n')}\n`;
}

function groupSection(source: Source, pair: Pair, group: YAMLMap): string {
  const { name, meaning } = keyOf(source, pair);
  const rows = group.items.flatMap((inner) => rowsOf(source, inner, `${name}.`));
  return `## ${name}\n\n${meaning === '' ? '' : `${meaning}\n\n`}${table(rows)}`;
}

/** A list that is empty has an example below it, as a comment. */
function exampleSections(source: Source, pairs: readonly Pair[]): string[] {
  return pairs.flatMap((pair) => {
    const { name, line } = keyOf(source, pair);
    const after = source.lines.slice(line + 1);
    const end = after.findIndex((text) => !text.startsWith('#'));
    if (!isCollection(pair.value) || end < 1) return [];
    const example = after.slice(0, end).map((text) => text.replace(/^# ?/, '  '));
    return [`## An entry of ${name}\n\n\`\`\`yaml\n${name}:\n${example.join('\n')}\n\`\`\``];
  });
}

function rowsOf(source: Source, pair: Pair, prefix: string): Row[] {
  const { name, meaning } = keyOf(source, pair);
  const path = `${prefix}${name}`;
  const { value } = pair;
  if (!isGroup(value)) return [{ path, fallback: fallbackOf(source, value), meaning }];
  const inner = value.items.flatMap((item) => rowsOf(source, item, `${path}.`));
  return meaning === '' ? inner : [{ path, fallback: '', meaning }, ...inner];
}

/** A map over several lines. One that stands in a line, such as `{}`, is a value to replace as a whole. */
function isGroup(value: unknown): value is YAMLMap {
  return isMap(value) && value.flow !== true;
}

/** The name, and what the comment lines right above it say. */
function keyOf({ lines, lineOf }: Source, { key }: Pair): { name: string; line: number; meaning: string } {
  if (!isScalar(key)) throw new Error('values.yaml has a key that is no text.');
  const line = lineOf(key);
  let first = line;
  while (lines[first - 1]?.trimStart().startsWith('#')) first -= 1;
  const words = lines.slice(first, line).map((text) => text.trim().replace(/^# ?/, ''));
  return { name: String(key.value), line, meaning: words.join(' ').replaceAll('<', '&lt;') };
}

function fallbackOf({ text }: Source, value: unknown): string {
  if (isScalar(value) && value.range) return text.slice(value.range[0], value.range[1]);
  if (isCollection(value)) return JSON.stringify(value.toJSON());
  throw new Error('values.yaml has a value that is neither text nor collection.');
}

function table(rows: readonly Row[]): string {
  const lines = rows.map(({ path, fallback, meaning }) => {
    const cells = [`\`${path}\``, fallback === '' ? '' : `\`${fallback}\``, meaning];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
  return ['| Value | Default | Meaning |', '| --- | --- | --- |', ...lines].join('\n');
}
