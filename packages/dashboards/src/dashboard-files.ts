import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Dashboard } from '@grafana/grafana-foundation-sdk/dashboard';
import { businessDashboard } from './business-dashboard.ts';
import { jobsDashboard } from './jobs-dashboard.ts';
import { pipelineDashboard } from './pipeline-dashboard.ts';

/** Where the chart takes them from. */
export const DASHBOARDS_DIR = join(import.meta.dirname, '../../../deploy/helm/payguard/files/dashboards');

const DASHBOARDS: Readonly<Record<string, () => Dashboard>> = {
  business: businessDashboard,
  pipeline: pipelineDashboard,
  jobs: jobsDashboard,
};

/** Path and content of each file, as it has to be. */
export function dashboardFiles(): { path: string; text: string }[] {
  return Object.entries(DASHBOARDS).map(([name, build]) => ({
    path: join(DASHBOARDS_DIR, `${name}.json`),
    text: `${JSON.stringify(build(), null, 2)}\n`,
  }));
}

/** Those whose file is not what the source says. */
export function staleDashboards(): string[] {
  return dashboardFiles()
    .filter(({ path, text }) => readOr(path) !== text)
    .map(({ path }) => path);
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
