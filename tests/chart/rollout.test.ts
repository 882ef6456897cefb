import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { alertsFileSchema } from '@payguard/shared/alerting/alerts-file';
import { loadMerchantsFile } from '@payguard/shared/config/merchants-file';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { type ChartPod, podOf, podsOf } from './chart-pods.ts';
import { type ChartObject, findObject, helmMissing, renderChart, VALUES_FILES } from './render-chart.ts';

/** Kubernetes makes `<CronJob>-<11 digits>` of a CronJob's name, and 63 is its limit. */
const MAX_CRON_JOB_NAME = 52;

const selectorSchema = z.looseObject({ spec: z.looseObject({ selector: z.record(z.string(), z.string()) }) });
const deploymentSchema = z.object({
  spec: z.looseObject({ replicas: z.int().optional(), strategy: z.unknown(), minReadySeconds: z.int().optional() }),
});
const configMapSchema = z.object({ data: z.record(z.string(), z.string()) });

describe.skipIf(helmMissing !== undefined).each(VALUES_FILES)('what %s installs', (values) => {
  let objects: ChartObject[];
  let pods: ChartPod[];
  beforeAll(async () => {
    objects = await renderChart({ values });
    pods = podsOf(objects);
  });

  it('is found by its labels, and begins with the name of the release', () => {
    for (const { kind, metadata } of objects) {
      expect(metadata.name, kind).toMatch(/^payguard-[a-z0-9-]+$/);
      expect(metadata.labels, `${kind} ${metadata.name}`).toMatchObject({
        'app.kubernetes.io/name': 'payguard',
        'app.kubernetes.io/instance': 'payguard',
        'app.kubernetes.io/managed-by': 'Helm',
        'app.kubernetes.io/component': expect.stringMatching(/^[a-z-]+$/),
      });
    }
    const identities = objects.map(({ apiVersion, kind, metadata }) => `${apiVersion} ${kind} ${metadata.name}`);
    expect(new Set(identities).size).toBe(identities.length);
  });

  it('has no hook but its tests', () => {
    const hooks = objects.filter(({ metadata }) => 'helm.sh/hook' in metadata.annotations);
    expect(hooks.length).toBeGreaterThan(0);
    for (const { metadata } of hooks) {
      expect(metadata.annotations['helm.sh/hook']).toBe('test');
      expect(metadata.labels['app.kubernetes.io/component']).toBe('test');
    }
  });

  it('sends nothing that comes to a Service to the pod of a job or a test', () => {
    const services = objects.filter(({ kind }) => kind === 'Service');
    for (const service of services) {
      const { selector } = selectorSchema.parse(service).spec;
      const hit = pods.filter(({ labels }) => Object.entries(selector).every(([key, value]) => labels[key] === value));
      expect(hit.map(({ kind }) => kind).filter((kind) => !/^(Deployment|StatefulSet)$/.test(kind))).toEqual([]);
      expect(hit, service.metadata.name).toHaveLength(1);
    }
  });

  it('never has fewer pods of a service while it is replaced, and gives each time to leave politely', () => {
    for (const object of objects.filter(({ kind }) => kind === 'Deployment')) {
      const component = object.metadata.labels['app.kubernetes.io/component'] ?? '';
      if (['simulator', 'receivers'].includes(component)) continue;
      expect(deploymentSchema.parse(object).spec.strategy).toEqual({
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 0, maxSurge: 1 },
      });
      const { spec, containers } = podOf(objects, component);
      const drain = containers[0]?.env.find(({ name }) => name === 'DRAIN_SECONDS')?.value ?? '0';
      expect(spec.terminationGracePeriodSeconds, component).toBe(Number(drain) + 25);
      for (const container of containers) {
        const port = (path: string) => ({ httpGet: { path, port: 'operations' } });
        expect(container, component).toMatchObject({
          startupProbe: port('/health/live'),
          livenessProbe: port('/health/live'),
          readinessProbe: port('/health/ready'),
        });
      }
    }
  });

  it('protects from evictions what has two pods or more, and nothing else', () => {
    const named = (wanted: string) => objects.filter(({ kind }) => kind === wanted);
    const scaled = named('HorizontalPodAutoscaler').map(({ metadata }) => metadata.name);
    const atLeastTwo = named('Deployment')
      .filter((object) => (deploymentSchema.parse(object).spec.replicas ?? 1) >= 2)
      .map(({ metadata }) => metadata.name);
    const budgets = named('PodDisruptionBudget').map(({ metadata }) => metadata.name);
    expect(budgets.sort()).toEqual([...atLeastTwo, ...scaled].sort());
  });

  it('tells each service in words that it understands whom it serves and whom it tells', () => {
    const folder = mkdtempSync(join(tmpdir(), 'payguard-chart-'));
    try {
      const { data } = configMapSchema.parse(findObject(objects, 'ConfigMap', 'payguard-merchants'));
      writeFileSync(join(folder, 'merchants.yaml'), data['merchants.yaml'] ?? '');
      const [merchant] = loadMerchantsFile(join(folder, 'merchants.yaml'));
      expect(merchant).toMatchObject({
        mchid: '1900000109',
        notifyUrl: expect.stringMatching(/^https?:\/\/[a-z.-]+\/api\/payment\/wechat\/callback$/),
        keys: {
          apiV3KeyFile: join(folder, '1900000109/verification/apiv3.key'),
          privateKeyFile: join(folder, '1900000109/signing/apiclient_key.pem'),
          certificateSerial: expect.stringMatching(/^[0-9A-F]{40}$/),
        },
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
    const { data } = configMapSchema.parse(findObject(objects, 'ConfigMap', 'payguard-alerts'));
    expect(alertsFileSchema.safeParse(parse(data['alerts.yaml'] ?? '')).error).toBeUndefined();
  });
});

describe.skipIf(helmMissing !== undefined)('the chart', () => {
  it('rolls the pods that read a file once when that file changes, and no others', async () => {
    const checksums = async (set: Record<string, unknown>) => {
      const objects = await renderChart({ values: 'values-prod.yaml', set });
      const parts = ['callback-gateway', 'points', 'checkout', 'alerter'];
      return parts.map((part) => JSON.stringify(podOf(objects, part).annotations));
    };
    const before = await checksums({});
    const otherBudget = await checksums({ 'merchants[0].requestsPerSecond': 60 });
    const otherWords = await checksums({ 'alerter.config.language': 'en' });
    expect(otherBudget.map((text, part) => text !== before[part])).toEqual([true, true, true, false]);
    expect(otherWords.map((text, part) => text !== before[part])).toEqual([false, false, false, true]);
  });

  it('replaces no pod when the chart alone has a new version, and says of each which payguard it runs', async () => {
    const objects = await renderChart({ values: 'values-prod.yaml', set: { 'image.tag': '0.2.0-rc_1_' } });
    for (const { of, kind, labels } of podsOf(objects)) {
      if (kind !== 'Pod') expect(labels, of).not.toHaveProperty(['helm.sh/chart']);
      expect(labels, of).toMatchObject({ 'app.kubernetes.io/version': '0.2.0-rc_1' });
    }
  });

  it('leaves the number of pods to whatever scales them', async () => {
    const set = { 'points.keda.enabled': true };
    const scaled = await renderChart({ values: 'values-prod.yaml', set, apiVersions: ['keda.sh/v1alpha1'] });
    const replicasOf = (part: string) =>
      deploymentSchema.parse(findObject(scaled, 'Deployment', `payguard-${part}`)).spec.replicas;
    expect(['callback-gateway', 'points', 'alerter'].map(replicasOf)).toEqual([undefined, undefined, 2]);
  });

  it('lets the internet reach the callback and its health, by their whole paths, and nothing else', async () => {
    const objects = await renderChart({ values: 'values-prod.yaml' });
    const backend = { service: { name: 'payguard-callback-gateway', port: { name: 'http' } } };
    const paths = ['callback', 'health'].map((name) => ({
      ...{ path: `/api/payment/wechat/${name}`, pathType: 'Exact' },
      backend,
    }));
    expect(objects.filter(({ kind }) => kind === 'Ingress')).toHaveLength(1);
    expect(findObject(objects, 'Ingress', 'payguard-callback-gateway')).toMatchObject({
      spec: { rules: [{ host: 'pay.example.com', http: { paths } }], tls: [{ hosts: ['pay.example.com'] }] },
    });
    const open = objects.filter(({ kind, spec }) => kind === 'Service' && !JSON.stringify(spec).includes('ClusterIP'));
    expect(open).toEqual([]);
  });

  it('keeps its names within their limits under the longest of release names', async () => {
    const objects = await renderChart({ values: 'values-prod.yaml', release: 'r'.repeat(53) });
    for (const { kind, metadata } of objects) {
      expect(metadata.name.length).toBeLessThanOrEqual(kind === 'CronJob' ? MAX_CRON_JOB_NAME : 63);
      for (const value of Object.values(metadata.labels)) expect(value.length).toBeLessThanOrEqual(63);
    }
  });

  it('lets polls overlap and bounds every job', async () => {
    const objects = await renderChart({ values: 'values-prod.yaml' });
    expect(findObject(objects, 'CronJob', 'payguard-poll')).toMatchObject({
      spec: {
        timeZone: 'Asia/Shanghai',
        concurrencyPolicy: 'Allow',
        startingDeadlineSeconds: 30,
        jobTemplate: { spec: { activeDeadlineSeconds: 120, ttlSecondsAfterFinished: 86_400, backoffLimit: 0 } },
      },
    });
    expect(podOf(objects, 'poll').containers[0]?.args).toEqual(['poll']);
  });
});
