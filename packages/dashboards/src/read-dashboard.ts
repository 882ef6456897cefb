import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { ALL_VALUES } from './frame.ts';

const datasourceSchema = z.object({ type: z.literal('prometheus'), uid: z.string() });

const panelSchema = z.object({
  id: z.int().min(1),
  type: z.enum(['row', 'stat', 'timeseries', 'table']),
  title: z.string().min(1),
  description: z.string().optional(),
  datasource: datasourceSchema.optional(),
  gridPos: z.object({ x: z.int().min(0), y: z.int().min(0), w: z.int().min(1).max(24), h: z.int().min(1) }),
  links: z.array(z.object({ title: z.string(), url: z.string() })).default([]),
  targets: z.array(z.object({ refId: z.string(), expr: z.string(), datasource: datasourceSchema })).default([]),
  fieldConfig: z
    .object({
      defaults: z.object({
        unit: z.string(),
        mappings: z.array(z.object({ type: z.string(), options: z.unknown() })).default([]),
        thresholds: z.object({ steps: z.array(z.object({ value: z.number().nullable(), color: z.string() })).min(1) }),
      }),
    })
    .optional(),
});

const dashboardSchema = z.object({
  uid: z.string(),
  title: z.string(),
  schemaVersion: z.int(),
  templating: z.object({ list: z.array(z.object({ name: z.string(), type: z.string() })) }),
  panels: z.array(panelSchema).min(1),
});

/** What Grafana needs of a dashboard, and what our tests look at. */
export type ReadDashboard = z.output<typeof dashboardSchema>;
export type ReadPanel = z.output<typeof panelSchema>;

export function readDashboard(path: string): ReadDashboard {
  return dashboardSchema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

export type PanelQuery = {
  panel: string;
  expr: string /** A ratio that is NaN while there was nothing, and says so. */;
  mayBeNaN: boolean;
};

/** Every query as Prometheus gets it with all values of every variable chosen, and rates over `rateInterval`. */
export function panelQueries(dashboard: ReadDashboard, rateInterval: string): PanelQuery[] {
  const variables = dashboard.templating.list.filter(({ type }) => type === 'query').map(({ name }) => name);
  return dashboard.panels.flatMap((panel) =>
    panel.targets.map(({ expr }) => ({
      panel: panel.title,
      expr: variables
        .reduce((text, name) => text.replaceAll(`$${name}`, ALL_VALUES), expr)
        .replaceAll('$__rate_interval', rateInterval),
      mayBeNaN: (panel.fieldConfig?.defaults.mappings ?? []).some(({ type }) => type === 'special'),
    })),
  );
}
