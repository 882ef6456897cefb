import { ConfigError } from '@payguard/shared/config/config-error';
import { stringify } from 'yaml';
import { type AlertValues, readChartAlerts, ruleValues } from './alert-values.ts';
import { readRuleFiles } from './chart-files.ts';
import { fillPlaceholders } from './fill-placeholders.ts';
import { isAlert, parseRuleGroups, type RuleGroup } from './rule-groups.ts';

/**
 * All rules as one file for Prometheus: those of the chart with its values, or with others in their place (a drill has
 * shorter windows). Throws ConfigError, in one sentence, for a name that is unknown, wrong or missing.
 */
export function renderRules(overrides: AlertValues = {}): string {
  const chart = readChartAlerts();
  const values = ruleValues(chart, overrides);
  const groups = readRuleFiles().flatMap((file) => parseRuleGroups(fillPlaceholders(file, values)));
  return stringify({ groups: withoutAlerts(groups, chart.disabled) }, { lineWidth: 0, aliasDuplicateObjects: false });
}

/** Throws ConfigError for an alert that does not exist: a mistyped name would leave it on. */
export function withoutAlerts(groups: readonly RuleGroup[], disabled: readonly string[]): RuleGroup[] {
  const alerts = new Set(groups.flatMap(({ rules }) => rules.filter(isAlert).map(({ alert }) => alert)));
  const unknown = disabled.find((name) => !alerts.has(name));
  if (unknown !== undefined)
    throw new ConfigError(`alerts.disabled names ${unknown}, which is no alert of payguard's.`);
  return groups.map(({ name, rules }) => ({
    name,
    rules: rules.filter((rule) => !isAlert(rule) || !disabled.includes(rule.alert)),
  }));
}
