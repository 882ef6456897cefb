import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { CHART, type ChartObject, findObject, helmMissing, renderChart, type ValuesFile } from './render-chart.ts';

const RENDER_TIMEOUT_MS = 30_000;
const MAX_LINES = 40;
const DASHBOARDS = ['business', 'jobs', 'pipeline'];

const dashboardSchema = z.object({ data: z.record(z.string(), z.string()) });
/** `service/payguard-simulator` in a command, and what kind that is. */
const NAMED_OBJECT = /\b(service|cronjob)\/(payguard-[a-z-]+)/g;
const KINDS: Record<string, string> = { service: 'Service', cronjob: 'CronJob' };

/** helm prints NOTES.txt at an install only, which takes a cluster: here it is the one object of a copy of the chart. */
describe.skipIf(helmMissing !== undefined)('what is said after the install', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'payguard-notes-'));
    cpSync(CHART, folder, { recursive: true });
    const notes = readFileSync(join(folder, 'templates/NOTES.txt'), 'utf8');
    const wrapped = `{{- define "notes" -}}${notes}{{- end -}}\nnotes: {{ include "notes" . | toJson }}\n`;
    writeFileSync(join(folder, 'templates/notes.yaml'), wrapped);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  async function notesOf(values: ValuesFile, ...more: string[]): Promise<string> {
    const args = ['template', 'payguard', folder, '--namespace', 'shop', '--kube-version', '1.34.0', ...more];
    const only = ['--values', join(folder, values), '--show-only', 'templates/notes.yaml'];
    const { stdout } = await promisify(execFile)('helm', [...args, ...only], { timeout: RENDER_TIMEOUT_MS });
    const { notes } = z.object({ notes: z.string() }).parse(parse(stdout));
    expect(notes.split('\n').length).toBeLessThanOrEqual(MAX_LINES);
    return notes;
  }

  function expectNamedObjects(notes: string, objects: readonly ChartObject[]): void {
    const named = [...notes.matchAll(NAMED_OBJECT)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, kind = '', name = ''] of named) findObject(objects, KINDS[kind] ?? kind, name);
  }

  it('names the simulator and the receivers in development, and no address for WeChat Pay itself', async () => {
    const notes = await notesOf('values-dev.yaml');
    expectNamedObjects(notes, await renderChart({ values: 'values-dev.yaml' }));
    expect(notes).toContain('service/payguard-simulator 8900:80');
    expect(notes).toContain('service/payguard-receivers 8025');
    expect(notes).not.toContain('notify_url');
    expect(notes).toContain('NOBODY IS ALERTED YET: the cluster has no Prometheus Operator');
  });

  it('names in production the address to give WeChat Pay, the probe, the webhook and the dashboards that are there', async () => {
    const notes = await notesOf('values-prod.yaml', '--api-versions', 'monitoring.coreos.com/v1');
    const objects = await renderChart({ values: 'values-prod.yaml' });
    expectNamedObjects(notes, objects);
    expect(notes).toContain('1900000109  https://pay.example.com/api/payment/wechat/callback');
    expect(notes).toContain('http://payguard-alerter.shop.svc/v1/alertmanager');
    expect(notes).toContain('the Secret payguard-alertmanager, key token');
    expect(notes).not.toMatch(/simulator|receivers,|NOBODY/);
    expect(notes.match(/helm (?:upgrade|rollback) .*/g)).toEqual([
      expect.stringContaining('--wait --wait-for-jobs'),
      expect.stringContaining('--wait --wait-for-jobs'),
    ]);
    // Asked a second time on the same day, the Job of the first time is there yet.
    expect(notes).toMatch(/delete job .* payguard-probe-now\n *kubectl create job .* payguard-probe-now\n/);
    for (const name of DASHBOARDS) {
      const map = findObject(objects, 'ConfigMap', `payguard-dashboard-${name}`);
      expect(notes).toContain('labelled grafana_dashboard=1,');
      expect(map.metadata.labels).toMatchObject({ grafana_dashboard: '1' });
      const file = JSON.parse(readFileSync(join(CHART, 'files/dashboards', `${name}.json`), 'utf8'));
      expect(JSON.parse(dashboardSchema.parse(map).data[`payguard-${name}.json`] ?? '')).toEqual(file);
    }
  });
});
