import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  ConstantVariableBuilder,
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { both, DATASOURCE, type Words } from './panel.ts';

/** A heading and what stands below it. */
export type Section = { title: Words; panels: readonly Builder<Panel>[] };

/** A choice of values of a label, all of them at first. */
export type LabelVariable = { name: string; label: Words; metric: string };

export type DashboardPlan = {
  uid: string;
  title: Words;
  about: Words;
  variables: readonly LabelVariable[];
  sections: readonly Section[];
};

/** Grafana 10.4's; later ones bring it up to their own when they load it, and an earlier form is read by all of them. */
const SCHEMA_VERSION = 39;
/** What matches whatever a label holds, and is never a value that somebody could choose. */
export const ALL_VALUES = '.*';
export const RUNBOOKS = 'https://github.com/payguard/payguard/blob/main/docs/runbooks';

/** A dashboard as Grafana imports and provisions it. */
export function buildDashboard(plan: DashboardPlan): Dashboard {
  const builder = new DashboardBuilder(both(plan.title))
    .uid(plan.uid)
    .description(plan.about.join('\n\n'))
    .tags(['payguard'])
    .timezone('browser')
    .tooltip(DashboardCursorSync.Crosshair)
    .time({ from: 'now-3h', to: 'now' })
    .refresh('30s')
    .link(
      new DashboardLinkBuilder('payguard')
        .type(DashboardLinkType.Dashboards)
        .tags(['payguard'])
        .asDropdown(false)
        .includeVars(false)
        .keepTime(true),
    )
    .withVariable(new DatasourceVariableBuilder('datasource').label('数据源 · Data source').type('prometheus'))
    .withVariable(new ConstantVariableBuilder('runbooks').label('处理手册 · Runbooks').value(RUNBOOKS));
  for (const variable of plan.variables) builder.withVariable(labelVariable(variable));
  for (const { title, panels } of plan.sections) {
    builder.withRow(new RowBuilder(both(title)));
    for (const panel of panels) builder.withPanel(panel);
  }
  return finish(builder.build());
}

function labelVariable({ name, label, metric }: LabelVariable): QueryVariableBuilder {
  const definition = `label_values(${metric}, ${name})`;
  return new QueryVariableBuilder(name)
    .label(both(label))
    .datasource(DATASOURCE)
    .definition(definition)
    .query({ query: definition, refId: name })
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(ALL_VALUES)
    .current({ text: ['All'], value: ['$__all'] });
}

function finish(dashboard: Dashboard): Dashboard {
  const panels = (dashboard.panels ?? []).map((panel, index) => ({ ...panel, id: index + 1 }));
  return { ...dashboard, schemaVersion: SCHEMA_VERSION, panels };
}
