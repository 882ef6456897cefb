import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { kubeconform, kubeconformMissing } from './kubeconform.ts';
import { CHART, helmMissing, renderChart, VALUES_FILES, type ValuesFile } from './render-chart.ts';

const LINT_TIMEOUT_MS = 30_000;
const ALL_KINDS = ['monitoring.coreos.com/v1', 'keda.sh/v1alpha1'];

/** Everything that can be switched on beside what the file itself asks for. */
const EVERYTHING: Record<ValuesFile, Record<string, unknown>> = {
  'values-dev.yaml': {
    'callbackGateway.autoscaling.enabled': true,
    'ingress.enabled': true,
    'ingress.host': 'pay.test',
  },
  'values-staging.yaml': { 'points.keda.enabled': true, 'kafka.sasl.mechanism': '' },
  'values-prod.yaml': {
    'points.keda.enabled': true,
    'image.pullSecrets': ['registry'],
    'image.digests.points': `sha256:${'0'.repeat(64)}`,
    'scheduling.nodeSelector': { 'kubernetes.io/arch': 'amd64' },
    'scheduling.tolerations': [{ key: 'payments', operator: 'Exists', effect: 'NoSchedule' }],
    'scheduling.priorityClassName': 'payments',
    'callbackGateway.serviceAnnotations': { 'cloud.google.com/backend-config': '{"default": "payguard"}' },
    'serviceAccount.annotations.checkout': { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/payguard' },
    'topologySpread.whenUnsatisfiable': 'DoNotSchedule',
    'networkPolicy.dnsPorts': [53, 5353],
    'monitoring.dashboards.annotations': { grafana_folder: 'payguard' },
  },
};

describe.skipIf(helmMissing !== undefined).each(VALUES_FILES)('%s', (values) => {
  it('passes helm lint, warnings counted', async () => {
    const args = ['lint', '--strict', '--kube-version', '1.34.0', '--values', join(CHART, values), CHART];
    const { stdout } = await promisify(execFile)('helm', args, { timeout: LINT_TIMEOUT_MS });
    expect(stdout).toContain('1 chart(s) linted, 0 chart(s) failed');
  });

  it.skipIf(kubeconformMissing !== undefined)(
    'makes what Kubernetes and the CRDs know, with all switches on',
    async () => {
      const objects = await renderChart({ values, set: EVERYTHING[values], apiVersions: ALL_KINDS });
      expect(await kubeconform(objects)).toEqual({ valid: objects.length, complaints: [] });
      const kinds = new Set(objects.map(({ kind }) => kind));
      for (const kind of ['PodMonitor', 'PrometheusRule', 'Ingress', 'HorizontalPodAutoscaler'])
        expect(kinds).toContain(kind);
    },
  );
});

describe.skipIf(kubeconformMissing !== undefined)('the schemas', () => {
  const metadata = { name: 'payguard-x', labels: {}, annotations: {} };
  const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata };
  const budget = { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget', metadata };
  const podMonitor = { apiVersion: 'monitoring.coreos.com/v1', kind: 'PodMonitor', metadata };
  const selector = { matchLabels: { a: 'b' } };

  it('take what Kubernetes and the CRDs know', async () => {
    const objects = [
      { ...account, automountServiceAccountToken: false },
      { ...budget, spec: { selector, maxUnavailable: '50%' } },
      { ...podMonitor, spec: { selector, podMetricsEndpoints: [{ port: 'operations' }] } },
    ];
    expect(await kubeconform(objects)).toEqual({ valid: 3, complaints: [] });
  });

  it.each([
    { wrong: { ...account, automount: false }, because: "additional properties 'automount' not allowed" },
    { wrong: { ...budget, spec: { maxUnavailable: true } }, because: "at '/spec/maxUnavailable': got boolean" },
    {
      wrong: { ...podMonitor, spec: { jobLabel: 'a', podMetricsEndpoints: [] } },
      because: "missing property 'selector'",
    },
    { wrong: { ...podMonitor, spec: { selector, jobLable: 'a' } }, because: "'jobLable' not allowed" },
    { wrong: { ...account, kind: 'DeploymentConfig' }, because: 'could not find schema for DeploymentConfig' },
  ])('refuse the rest: $because', async ({ wrong, because }) => {
    expect(await kubeconform([wrong])).toEqual({ valid: 0, complaints: [expect.stringContaining(because)] });
  });
});
