import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { renderRules, withoutAlerts } from '@payguard/alert-rules/render-rules';
import { parseRuleGroups, type RuleGroup } from '@payguard/alert-rules/rule-groups';
import { environment as points } from '@payguard/points/config';
import { isOrderTopic } from '@payguard/points/order-event';
import { CONSUMED_TOPICS } from '@payguard/shared/events/topics';
import { beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { z } from 'zod';
import { isInstalled, runTool } from '../../packages/alert-rules/tests/run-tool.ts';
import { podOf, podsOf } from './chart-pods.ts';
import { type ChartObject, findObject, helmMissing, renderChart, tryRenderChart } from './render-chart.ts';

const OPERATOR = 'monitoring.coreos.com/v1';
const KEDA = 'keda.sh/v1alpha1';
const SERVICES = ['alerter', 'callback-gateway', 'checkout', 'points'];

const ruleSchema = z.object({ spec: z.strictObject({ groups: z.unknown() }) });
const podMonitorSchema = z.object({
  spec: z.object({
    selector: z.object({
      matchLabels: z.record(z.string(), z.string()),
      matchExpressions: z.tuple([
        z.object({ key: z.string(), operator: z.literal('In'), values: z.array(z.string()) }),
      ]),
    }),
    podMetricsEndpoints: z.tuple([z.object({ port: z.string(), interval: z.string() })]),
  }),
});
const scaledObjectSchema = z.object({
  spec: z.object({
    scaleTargetRef: z.object({ name: z.string() }),
    triggers: z.array(
      z.object({ metadata: z.record(z.string(), z.string()), authenticationRef: z.object({ name: z.string() }) }),
    ),
  }),
});
const authenticationSchema = z.object({
  spec: z.object({
    env: z.array(z.object({ name: z.string(), containerName: z.string() })),
    secretTargetRef: z.array(z.object({ name: z.string(), key: z.string() })),
  }),
});

function rulesOf(objects: readonly ChartObject[]): unknown {
  return ruleSchema.parse(findObject(objects, 'PrometheusRule', 'payguard-monitoring')).spec.groups;
}

describe.skipIf(helmMissing !== undefined)('where the cluster has the Prometheus Operator', () => {
  let objects: ChartObject[];
  beforeAll(async () => {
    objects = await renderChart({ values: 'values-prod.yaml', apiVersions: [OPERATOR] });
  });

  it('alerts by the very rules that are tested and that the local stack runs', () => {
    expect(rulesOf(objects)).toEqual(parseRuleGroups(renderRules()));
  });

  it.skipIf(!isInstalled('promtool'))('has rules that Prometheus takes', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'payguard-rules-'));
    try {
      writeFileSync(join(folder, 'rules.yaml'), stringify({ groups: rulesOf(objects) }));
      expect(await runTool('promtool', ['check', 'rules', 'rules.yaml'], folder)).toContain('SUCCESS');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it('reads the metrics of every pod of each service, of nothing else, and carries the labels it is found by', () => {
    const monitor = findObject(objects, 'PodMonitor', 'payguard-monitoring');
    const { selector, podMetricsEndpoints } = podMonitorSchema.parse(monitor).spec;
    const [{ key, values }] = selector.matchExpressions;
    const read = podsOf(objects).filter(
      ({ labels }) =>
        Object.entries(selector.matchLabels).every(([label, value]) => labels[label] === value) &&
        values.includes(labels[key] ?? ''),
    );
    expect(read.map(({ component }) => component).toSorted()).toEqual(SERVICES);
    for (const { containers } of read) {
      expect(containers[0]?.ports).toContainEqual({ name: podMetricsEndpoints[0].port, containerPort: 9090 });
    }
    expect(monitor.metadata.labels).toMatchObject({ release: 'prometheus' });
  });
});

describe.skipIf(helmMissing !== undefined)('the rules of an installation', () => {
  it('have its own numbers, written as elsewhere, and lack what it does without or has not installed', async () => {
    const objects = await renderChart({
      values: 'values-prod.yaml',
      apiVersions: [OPERATOR],
      set: {
        'alerts.thresholds.pendingOrders': 5_000_000,
        'alerts.thresholds.sloErrorRatio': 0.00001,
        'alerts.windows.absentFor': '1h30m',
        'alerts.runbookBaseUrl': 'https://wiki.example.com/payguard',
        'alerts.disabled': ['PayguardPaymentSuccessLow'],
        'checkout.enabled': false,
      },
    });
    const all: RuleGroup[] = parseRuleGroups(
      renderRules({
        pendingOrders: 5_000_000,
        sloErrorRatio: 0.00001,
        absentFor: '1h30m',
        runbookBaseUrl: 'https://wiki.example.com/payguard',
      }),
    );
    expect(rulesOf(objects)).toEqual(withoutAlerts(all, ['PayguardPaymentSuccessLow', 'PayguardCheckoutAbsent']));
  });
});

describe.skipIf(helmMissing !== undefined)('the switches of monitoring', () => {
  const apart = { 'monitoring.serviceMonitor': true, 'monitoring.prometheusRule': false };
  it.each([
    { what: 'auto without the operator', set: {}, apiVersions: [], kinds: [] },
    { what: 'each by itself with it', set: apart, apiVersions: [OPERATOR], kinds: ['PodMonitor'] },
  ])('$what', async ({ set, apiVersions, kinds }) => {
    const objects = await renderChart({ values: 'values-staging.yaml', set, apiVersions });
    const found = objects.map(({ kind }) => kind).filter((kind) => kind === 'PodMonitor' || kind === 'PrometheusRule');
    expect(found).toEqual(kinds);
  });
});

describe.skipIf(helmMissing !== undefined)('points scaled by KEDA', () => {
  it('follows the lag of its own group on each of its topics, with its own credentials; how many pods is up to KEDA', async () => {
    const set = { 'points.keda.enabled': true };
    const objects = await renderChart({ values: 'values-prod.yaml', set, apiVersions: [KEDA] });
    const { scaleTargetRef, triggers } = scaledObjectSchema.parse(
      findObject(objects, 'ScaledObject', 'payguard-points'),
    ).spec;
    expect(triggers.map(({ metadata }) => metadata.topic)).toEqual(CONSUMED_TOPICS.filter(isOrderTopic));
    const group = points.shape.CONSUMER_GROUP.parse(undefined);
    for (const { metadata, authenticationRef } of triggers) {
      expect(metadata).toMatchObject({
        consumerGroup: group,
        lagThreshold: '500',
        sasl: 'scram_sha512',
        tls: 'enable',
      });
      expect(authenticationRef.name).toBe('payguard-points');
    }
    const deployment = findObject(objects, 'Deployment', scaleTargetRef.name);
    expect(Object.keys(Object(deployment.spec))).not.toContain('replicas');
    const [container] = podOf(objects, 'points').containers;
    const authentication = authenticationSchema.parse(findObject(objects, 'TriggerAuthentication', 'payguard-points'));
    const { env, secretTargetRef } = authentication.spec;
    expect(env).toEqual([{ name: 'KAFKA_SASL_USERNAME', containerName: container?.name }]);
    expect(container?.env.map(({ name }) => name)).toContain('KAFKA_SASL_USERNAME');
    expect(secretTargetRef).toEqual([
      { name: 'payguard-kafka', key: 'points-password' },
      { name: 'example-com-ca', key: 'ca.crt' },
    ]);
  });

  it('is refused with the embedded broker, which KEDA cannot reach', async () => {
    const set = { 'points.keda.enabled': true, 'points.keda.maxReplicas': 4 };
    const rendered = await tryRenderChart({ values: 'values-dev.yaml', set, apiVersions: [KEDA] });
    const message = expect.stringContaining('points.keda.enabled is true with kafka.embedded');
    expect(rendered).toEqual({ outcome: 'refused', message });
  });
});
