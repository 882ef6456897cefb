import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';
import {
  GraphDrawStyle,
  GraphThresholdsStyleConfigBuilder,
  GraphThresholdsStyleMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  SortOrder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  type DashboardLink,
  DashboardLinkBuilder,
  DashboardLinkType,
  MappingType,
  type Panel,
  SpecialValueMatch,
  type Threshold,
  type ThresholdsConfig,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as TimeseriesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';

/** Chinese, then English: both stand in the dashboard, since both kinds of people share it. */
export type Words = readonly [zh: string, en: string];

/** Grafana's own names of units (its "categories of units"), those that we need. */
export type Unit = 'short' | 'none' | 's' | 'd' | 'bytes' | 'percentunit' | 'cpm' | 'ops' | 'bool_yes_no';

/** `legend` may hold {{labels}}. */
export type Query = { expr: string; legend: string };

export type PanelText = {
  title: Words;
  about: Words;
  unit: Unit;
  /** Said in place of a ratio of nothing to nothing, which is no number. */
  nothing?: Words;
  /** Names of the alerts that this panel belongs to; each is a link to its runbook. */
  alerts?: readonly string[];
  /** Colours from these values on; below the first it is green. Without them nothing is good or bad. */
  levels?: Levels;
};

export type Levels =
  | { warnAbove: number; badAbove?: number }
  | { badAbove: number }
  | { warnBelow: number; badBelow: number };

/** Everything is asked of the data source that the reader chooses. */
export const DATASOURCE = { type: 'prometheus', uid: `\${datasource}` };

const TILE = { width: 4, height: 4 };
const CHART_HEIGHT = 8;

/** One number now, with its course behind it. */
export function tile(text: PanelText, expr: string): Builder<Panel> {
  return dress(new StatBuilder(), text, [{ expr, legend: both(text.title) }])
    .span(TILE.width)
    .height(TILE.height)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']).values(false));
}

export type ChartText = PanelText & {
  /** Of 24. */
  width?: 6 | 8 | 12 | 24;
  /** Stacked, where the parts make a whole. */
  isWhole?: boolean;
};

/** Lines over time. */
export function chart(text: ChartText, ...queries: readonly Query[]): Builder<Panel> {
  const builder = dress(new TimeseriesBuilder(), text, queries)
    .span(text.width ?? 8)
    .height(CHART_HEIGHT)
    .min(0)
    .drawStyle(GraphDrawStyle.Line)
    .showPoints(VisibilityMode.Never)
    .fillOpacity(text.isWhole === true ? 40 : 8)
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi).sort(SortOrder.Descending))
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true),
    );
  if (text.isWhole === true) builder.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (text.levels !== undefined) {
    builder.thresholdsStyle(new GraphThresholdsStyleConfigBuilder().mode(GraphThresholdsStyleMode.Dashed));
  }
  return builder;
}

/** Labels of the series of an instant query, a row each. `hidden` ones say nothing to a person. */
export function table(text: PanelText & { hidden: readonly string[] }, expr: string): Builder<Panel> {
  const query = new DataqueryBuilder().expr(expr).instant().format(PromQueryFormat.Table).refId('A');
  return dress(new TableBuilder(), text, [])
    .withTarget(query.datasource(DATASOURCE))
    .span(8)
    .height(CHART_HEIGHT)
    .withTransformation({
      id: 'organize',
      options: { excludeByName: Object.fromEntries(['Time', 'Value', ...text.hidden].map((name) => [name, true])) },
    });
}

export function both([zh, en]: Words): string {
  return `${zh} · ${en}`;
}

type DressedBuilder<B> = {
  title(title: string): B;
  description(description: string): B;
  datasource(datasource: typeof DATASOURCE): B;
  unit(unit: string): B;
  links(links: Builder<DashboardLink>[]): B;
  mappings(mappings: ValueMapping[]): B;
  thresholds(thresholds: Builder<ThresholdsConfig>): B;
  withTarget(target: Builder<Dataquery>): B;
};

/** What all panels have. */
function dress<B extends DressedBuilder<B>>(builder: B, text: PanelText, queries: readonly Query[]): B {
  for (const [index, { expr, legend }] of queries.entries()) {
    const refId = String.fromCharCode('A'.charCodeAt(0) + index);
    builder.withTarget(
      new DataqueryBuilder().expr(expr).legendFormat(legend).refId(refId).range().datasource(DATASOURCE),
    );
  }
  return builder
    .title(both(text.title))
    .description(text.about.join('\n\n'))
    .datasource(DATASOURCE)
    .unit(text.unit)
    .mappings(text.nothing === undefined ? [] : [nothingToDivide(text.nothing)])
    .links((text.alerts ?? []).map(runbookLink))
    .thresholds(new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps(stepsOf(text.levels)));
}

function runbookLink(alert: string): Builder<DashboardLink> {
  return new DashboardLinkBuilder(`处理手册 · runbook: ${alert}`)
    .type(DashboardLinkType.Link)
    .url(`\${runbooks}/${alert}.md`)
    .targetBlank(true);
}

function stepsOf(levels: Levels | undefined): Threshold[] {
  const step = (value: number | null, color: string) => ({ value, color });
  if (levels === undefined) return [step(null, 'blue')];
  if ('badBelow' in levels) {
    return [step(null, 'red'), step(levels.badBelow, 'orange'), step(levels.warnBelow, 'green')];
  }
  const { badAbove } = levels;
  return [
    step(null, 'green'),
    ...('warnAbove' in levels ? [step(levels.warnAbove, 'orange')] : []),
    ...(badAbove === undefined ? [] : [step(badAbove, 'red')]),
  ];
}

function nothingToDivide(words: Words): ValueMapping {
  return {
    type: MappingType.SpecialValue,
    options: { match: SpecialValueMatch.NullAndNan, result: { text: both(words), color: 'blue' } },
  };
}
