import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DASHBOARDS_DIR, dashboardFiles, staleDashboards } from '../src/dashboard-files.ts';
import { panelQueries, type ReadPanel, readDashboard } from '../src/read-dashboard.ts';

const FILES = dashboardFiles().map(({ path }) => ({ name: basename(path, '.json'), dashboard: readDashboard(path) }));
const RULES_DIR = join(DASHBOARDS_DIR, '../rules');
/** Chinese, a dot between, English. */
const BOTH_LANGUAGES = /^[^·]*\p{Script=Han}[^·]* · [^·\p{Script=Han}]*\p{Script=Latin}[^·\p{Script=Han}]*$/u;

test('the committed files are what the source says', () => {
  expect(staleDashboards(), 'npm run docs writes them').toEqual([]);
});

describe.each(FILES)('dashboard $name', ({ name, dashboard }) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row');

  test('has its uid, a title in both languages and a form that Grafana 10 to 12 load', () => {
    expect(dashboard.uid).toBe(`payguard-${name}`);
    expect(dashboard.title).toMatch(BOTH_LANGUAGES);
    expect(dashboard.schemaVersion).toBe(39);
    expect(dashboard.templating.list.map((variable) => variable.type)).toContain('datasource');
  });

  test('has panels with ids of their own that lie beside each other', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [index, panel] of dashboard.panels.entries()) {
      expect(panel.gridPos.x + panel.gridPos.w, panel.title).toBeLessThanOrEqual(24);
      const others = dashboard.panels.slice(index + 1).filter((other) => overlap(panel, other));
      expect(others, panel.title).toEqual([]);
    }
  });

  test('says of every panel in both languages what it shows, in which unit, and what is bad', () => {
    for (const row of dashboard.panels) expect(row.title).toMatch(BOTH_LANGUAGES);
    for (const { title, description, fieldConfig } of panels) {
      expect(description, title).toMatch(/\p{Script=Han}.*\n\n.*\p{Script=Latin}/su);
      expect(fieldConfig?.defaults.unit, title).toMatch(/./);
      const [first, ...steps] = fieldConfig?.defaults.thresholds.steps.map(({ value }) => value) ?? [];
      expect(first, title).toBeNull();
      expect(steps, title).toEqual([...steps].sort((a, b) => (a ?? 0) - (b ?? 0)));
    }
  });

  test('asks the data source that the reader has chosen, and nothing else', () => {
    for (const { title, datasource, targets } of panels) {
      expect(targets.length, title).toBeGreaterThan(0);
      for (const each of [{ datasource }, ...targets]) expect(each.datasource?.uid, title).toBe(`\${datasource}`);
    }
  });

  test('takes rates over the interval that fits the reader’s range, and every variable exists', () => {
    const known = new Set(['__rate_interval', ...dashboard.templating.list.map((variable) => variable.name)]);
    for (const { title, targets, links } of panels) {
      for (const text of [...targets.map(({ expr }) => expr), ...links.map(({ url }) => url)]) {
        const used = [...text.matchAll(/\$\{?(\w+)/g)].map(([, variable]) => variable ?? '');
        expect(
          used.filter((variable) => !known.has(variable)),
          title,
        ).toEqual([]);
      }
      for (const { expr } of targets) expect(expr, title).not.toMatch(/\brate\([^[]*\[\d/);
    }
  });
});

test('the recording rules that the dashboards read exist, and what counts as a failure is what the alert rules count', () => {
  const rules = ['recording', 'slo', 'jobs']
    .map((name) => readFileSync(join(RULES_DIR, `${name}.yaml`), 'utf8'))
    .join('');
  for (const { panel, expr } of FILES.flatMap(({ dashboard }) => panelQueries(dashboard, '1m'))) {
    for (const [name] of expr.matchAll(/payguard:\w+:\w+/g)) expect(rules, panel).toContain(`record: ${name}\n`);
    for (const [matcher] of expr.matchAll(/outcome!~"[^"]*"/g)) expect(rules, panel).toContain(matcher);
    for (const [buckets] of expr.matchAll(/\w+_bucket\{le[^}]*\}/g)) expect(rules, panel).toContain(buckets);
  }
});

test('shares of callbacks are taken by merchant: in the share of all, a small one that has lost each would not show', () => {
  const queries = FILES.flatMap(({ dashboard }) => panelQueries(dashboard, '1m')).map(({ expr }) => expr);
  const shares = queries.filter((expr) => /orders_paid_recent.* \/ /.test(expr));
  expect(shares).toHaveLength(2);
  for (const expr of shares) expect(expr.match(/sum by \(mchid\)/g)).toHaveLength(2);
});

test.skipIf(isMissing('promtool'))('every query is PromQL', () => {
  const queries = FILES.flatMap(({ dashboard }) => panelQueries(dashboard, '1m'));
  // promtool reads queries as rules; JSON is YAML.
  const rules = queries.map(({ expr }, index) => ({ record: `query:${index}`, expr }));
  const folder = mkdtempSync(join(tmpdir(), 'payguard-queries-'));
  try {
    writeFileSync(join(folder, 'queries.yaml'), JSON.stringify({ groups: [{ name: 'queries', rules }] }));
    const { status, stdout, stderr } = spawnSync('promtool', ['check', 'rules', join(folder, 'queries.yaml')], {
      encoding: 'utf8',
    });
    expect(status, stdout + stderr).toBe(0);
    expect(queries.length).toBeGreaterThan(70);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

function overlap({ gridPos: a }: ReadPanel, { gridPos: b }: ReadPanel): boolean {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

function isMissing(program: string): boolean {
  const missing = spawnSync(program, ['--version']).error !== undefined;
  if (missing) console.log(`skipped: ${program} is not installed (Debian: apt-get install prometheus)`);
  return missing;
}
