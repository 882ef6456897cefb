// Writes the dashboards that the chart provisions. `--check` writes nothing and fails when one is stale.
import { mkdirSync, writeFileSync } from 'node:fs';
import { DASHBOARDS_DIR, dashboardFiles, staleDashboards } from './dashboard-files.ts';

if (process.argv.includes('--check')) {
  const stale = staleDashboards();
  for (const path of stale) console.error(`${path} is stale: run npm run docs.`);
  process.exitCode = stale.length === 0 ? 0 : 1;
} else {
  mkdirSync(DASHBOARDS_DIR, { recursive: true });
  for (const { path, text } of dashboardFiles()) writeFileSync(path, text);
}
