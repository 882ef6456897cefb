import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CALLBACK_OUTCOMES } from '../../../services/callback-gateway/src/metrics.ts';
import { readChartAlerts } from '../src/alert-values.ts';
import { renderRules } from '../src/render-rules.ts';
import { isAlert, parseRuleGroups, type RecordingRule } from '../src/rule-groups.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const METRICS_PAGE = join(REPOSITORY, 'docs/metrics.md');
const DASHBOARDS = ['payguard-business', 'payguard-pipeline', 'payguard-jobs'];

const rules = parseRuleGroups(renderRules()).flatMap((group) => group.rules);
const alerts = rules.filter(isAlert);
const recorded = rules.filter((rule): rule is RecordingRule => !isAlert(rule)).map(({ record }) => record);

function readDashboards(): string[] {
  const folder = join(REPOSITORY, 'deploy/helm/payguard/files/dashboards');
  return readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
}

describe.each(alerts)('$alert', ({ alert, expr, annotations }) => {
  it('speaks Chinese and English, and links to its page and a dashboard', () => {
    expect(annotations.summary).toMatch(/\p{Script=Han}/u);
    expect(annotations.summary_en).toMatch(/^[\p{ASCII}]+$/u);
    expect(annotations.description).toMatch(/\p{Script=Han}/u);
    expect(annotations.description_en).not.toMatch(/\p{Script=Han}/u);
    expect(annotations.runbook_url).toBe(`${readChartAlerts().runbookBaseUrl}/${alert}.md`);
    expect(existsSync(join(REPOSITORY, 'docs/runbooks', `${alert}.md`))).toBe(true);
    expect(DASHBOARDS.map((uid) => `/d/${uid}`)).toContain(annotations.dashboard_url);
  });

  it('selects by metric and service, never by how a cluster names its scrape', () => {
    expect(expr).not.toMatch(/\bjob\b/);
  });
});

describe('what the rules read', () => {
  it('is recorded, where its name says so; what the dashboards read as well', () => {
    const texts = [...rules.map(({ expr }) => expr), ...readDashboards()];
    const read = texts.flatMap((text) => text.match(/payguard:[\w:]+/g) ?? []);
    expect(read.filter((name) => !recorded.includes(name))).toEqual([]);
  });

  const isPageThere = existsSync(METRICS_PAGE);
  if (!isPageThere) console.warn('skipped: docs/metrics.md is not there to compare the rules with.');
  it.skipIf(!isPageThere)('is exported: docs/metrics.md, made from the services’ registries, has it', () => {
    const known = new Set(readFileSync(METRICS_PAGE, 'utf8').match(/\bpayguard_\w+/g));
    const read = rules.flatMap(({ expr }) => expr.match(/\bpayguard_\w+/g) ?? []);
    const unknown = read.filter((name) => !known.has(name) && !known.has(name.replace(/_(bucket|count|sum)$/, '')));
    expect([...new Set(unknown)]).toEqual([]);
  });
});

describe('the SLO of callbacks', () => {
  /** What is decided before or by the signature: anybody on the internet can cause these, a key's serial is no secret. */
  const junk = [
    'missing_header',
    'unsupported_signature_type',
    'v2_xml',
    'signature_test',
    'stale_timestamp',
    'unknown_serial',
    'expired_key',
    'bad_signature',
  ];

  it('leaves out what is not genuine, and nothing else, of all the outcomes there are', () => {
    const records = rules.filter((rule) => 'record' in rule && rule.record.startsWith('payguard:callbacks_genuine:'));
    expect(records).toHaveLength(4);
    for (const { expr } of records) expect(expr).toContain(`{outcome!~"${junk.join('|')}"}`);
    expect(CALLBACK_OUTCOMES.filter((outcome) => junk.includes(outcome)).toSorted()).toEqual(junk.toSorted());
  });
});
