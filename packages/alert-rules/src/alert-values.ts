import { ConfigError } from '@payguard/shared/config/config-error';
import { parse as parseYaml } from 'yaml';
import { z } from 'zod';
import { readChartFile } from './chart-files.ts';

/** What stands for `${name}` in the rules, by name. */
export type AlertValues = Readonly<Record<string, string | number>>;

/** As Prometheus writes durations, greatest unit first. */
const durationSchema = z
  .string()
  .regex(/^(?=\d)(\d+d)?(\d+h)?(\d+m(?!s))?(\d+s)?(\d+ms)?$/, 'must be a duration such as 30s, 5m or 1h30m');
const thresholdSchema = z.number('must be a number').nonnegative();
/** Goes into addresses inside quotation marks. */
const addressSchema = z.string().regex(/^[^\s"\\]*[^\s"\\/]$|^$/, 'must be an address without a slash at its end');

const valuesSchema = z.object({
  alerts: z.strictObject({
    runbookBaseUrl: addressSchema,
    dashboardBaseUrl: addressSchema,
    disabled: z.array(z.string()),
    alertmanager: z.strictObject({
      groupWait: durationSchema,
      groupInterval: durationSchema,
      repeatInterval: durationSchema,
    }),
    thresholds: z.record(z.string(), thresholdSchema),
    windows: z.record(z.string(), durationSchema),
  }),
});

export type ChartAlerts = z.output<typeof valuesSchema>['alerts'];

/** The section `alerts` of the chart's values.yaml. Throws ConfigError naming the field. */
export function readChartAlerts(file = readChartFile('values.yaml')): ChartAlerts {
  const parsed = valuesSchema.safeParse(parseYaml(file.text));
  if (parsed.success) return parsed.data.alerts;
  const issue = parsed.error.issues[0];
  throw new ConfigError(`${file.name}: ${issue?.path.join('.')}: ${issue?.message ?? 'is not valid'}.`);
}

/** The chart's values with others in their place. Throws ConfigError for a name that no rule knows, or a wrong value. */
export function ruleValues(chart: ChartAlerts, overrides: AlertValues): AlertValues {
  const { runbookBaseUrl, dashboardBaseUrl, thresholds, windows } = chart;
  for (const [name, value] of Object.entries(overrides)) checkOverride(chart, name, value);
  return { runbookBaseUrl, dashboardBaseUrl, ...thresholds, ...windows, ...overrides };
}

function checkOverride(chart: ChartAlerts, name: string, value: string | number): void {
  const schema = schemaOf(chart, name);
  if (schema === undefined) {
    throw new ConfigError(`There is no value ${name} for alert rules: alerts in the chart's values.yaml lists them.`);
  }
  const issue = schema.safeParse(value).error?.issues[0];
  if (issue !== undefined) throw new ConfigError(`The value ${name} for alert rules (${value}) ${issue.message}.`);
}

function schemaOf(chart: ChartAlerts, name: string): z.ZodType | undefined {
  if (name === 'runbookBaseUrl' || name === 'dashboardBaseUrl') return addressSchema;
  if (Object.hasOwn(chart.thresholds, name)) return thresholdSchema;
  return Object.hasOwn(chart.windows, name) ? durationSchema : undefined;
}
