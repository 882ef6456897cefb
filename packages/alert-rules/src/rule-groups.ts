import { parse as parseYaml } from 'yaml';
import { z } from 'zod';

/** Prometheus' rule file, as far as we write it. */
const recordingSchema = z.strictObject({ record: z.string(), expr: z.string() });

const alertSchema = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']), task: z.string().optional() }),
  annotations: z.strictObject({
    summary: z.string(),
    summary_en: z.string(),
    description: z.string(),
    description_en: z.string(),
    runbook_url: z.string(),
    dashboard_url: z.string(),
  }),
});

const groupSchema = z.strictObject({ name: z.string(), rules: z.array(z.union([recordingSchema, alertSchema])) });

export type RecordingRule = z.output<typeof recordingSchema>;
export type AlertRule = z.output<typeof alertSchema>;
export type RuleGroup = z.output<typeof groupSchema>;

/** Throws ZodError where a rule lacks a part that each of ours has. */
export function parseRuleGroups(yaml: string): RuleGroup[] {
  return z.object({ groups: z.array(groupSchema) }).parse(parseYaml(yaml)).groups;
}

export function isAlert(rule: RecordingRule | AlertRule): rule is AlertRule {
  return 'alert' in rule;
}
