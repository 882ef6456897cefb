import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The chart is the one source of rules and values: here and in a cluster they are the same files. */
const CHART = join(import.meta.dirname, '../../../deploy/helm/payguard');

export type ChartFile = { name: string; text: string };

export function readChartFile(path: string): ChartFile {
  return { name: path, text: readFileSync(join(CHART, path), 'utf8') };
}

/** All rule files, by name. */
export function readRuleFiles(): ChartFile[] {
  const names = readdirSync(join(CHART, 'files/rules')).filter((name) => name.endsWith('.yaml'));
  return names.toSorted().map((name) => readChartFile(`files/rules/${name}`));
}
