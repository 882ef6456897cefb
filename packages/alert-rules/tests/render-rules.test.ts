import { describe, expect, it } from 'vitest';
import { readChartAlerts, ruleValues } from '../src/alert-values.ts';
import { readRuleFiles } from '../src/chart-files.ts';
import { fillPlaceholders, placeholdersOf } from '../src/fill-placeholders.ts';
import { renderRules, withoutAlerts } from '../src/render-rules.ts';
import { isAlert, parseRuleGroups } from '../src/rule-groups.ts';

const values = ruleValues(readChartAlerts(), {});

function alertsOf(yaml: string) {
  return parseRuleGroups(yaml).flatMap(({ rules }) => rules.filter(isAlert));
}

describe('the rules', () => {
  it('have no value that no rule uses, and no name without a value', () => {
    const asked = new Set(readRuleFiles().flatMap((file) => [...placeholdersOf(file)]));
    expect([...asked].toSorted()).toEqual(Object.keys(values).toSorted());
  });

  it('take other values in place of the chart’s, as a drill does', () => {
    const yaml = renderRules({
      callbacksMissingFor: '5s',
      callbackSuccessRatio: 0.5,
      dashboardBaseUrl: 'https://grafana.example.com',
    });
    expect(alertsOf(yaml).find(({ alert }) => alert === 'PayguardCallbacksMissing')).toMatchObject({
      expr: expect.stringContaining('payguard:callback_success:ratio < 0.5'),
      for: '5s',
      annotations: { dashboard_url: 'https://grafana.example.com/d/payguard-business' },
    });
    expect(yaml).not.toContain('${');
  });

  it.each([
    [{ callbacksMissingfor: '5s' }, 'There is no value callbacksMissingfor for alert rules'],
    [{ callbacksMissingFor: '5 s' }, 'callbacksMissingFor for alert rules (5 s) must be a duration'],
    [{ callbacksMissingFor: 5 }, 'callbacksMissingFor for alert rules (5)'],
    [{ callbackSuccessRatio: '80%' }, 'callbackSuccessRatio for alert rules (80%) must be a number'],
    [
      { runbookBaseUrl: 'https://example.com/' },
      'runbookBaseUrl for alert rules (https://example.com/) must be an address',
    ],
  ])('refuse %j in one sentence', (overrides, message) => {
    expect(() => renderRules(overrides)).toThrow(message);
  });

  it('refuse a placeholder without a value', () => {
    const file = { name: 'files/rules/new.yaml', text: `expr: up < $\{least}` };
    expect(() => fillPlaceholders(file, values)).toThrow(`files/rules/new.yaml names $\{least}, which has no value`);
  });

  it('leave out the alerts that an installation does without', () => {
    const groups = parseRuleGroups(renderRules());
    const rest = withoutAlerts(groups, ['PayguardCheckoutAbsent']).flatMap(({ rules }) => rules);
    expect(rest).toHaveLength(groups.flatMap(({ rules }) => rules).length - 1);
    expect(() => withoutAlerts(groups, ['PayguardCheckoutMissing'])).toThrow('is no alert of payguard');
  });
});

describe('values.yaml', () => {
  it.each([
    ['alerts: { disabled: none }', 'values.yaml: alerts.runbookBaseUrl'],
    ['alertz: {}', 'values.yaml: alerts'],
  ])('is refused when it says %s', (text, message) => {
    expect(() => readChartAlerts({ name: 'values.yaml', text })).toThrow(message);
  });
});
