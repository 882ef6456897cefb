import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type ChartPod, podOf, podsOf, secretsOf } from './chart-pods.ts';
import { type ChartObject, helmMissing, renderChart, VALUES_FILES } from './render-chart.ts';

/** ARCHITECTURE.md: who may see which key, and speak with whom, in production. */
const SECRETS: Record<string, string[]> = {
  'callback-gateway': ['payguard-1900000109-verification', 'payguard-kafka/callback-gateway-password'],
  points: ['payguard-database/points-password', 'payguard-kafka/points-password'],
  alerter: [
    'payguard-alertmanager',
    'payguard-alerts',
    'payguard-database/alerter-password',
    'payguard-kafka/alerter-password',
  ],
  checkout: [
    'payguard-1900000109-signing',
    'payguard-1900000109-verification',
    'payguard-api-keys',
    'payguard-database/checkout-password',
    'payguard-kafka/checkout-password',
  ],
  poll: [
    'payguard-1900000109-signing',
    'payguard-1900000109-verification',
    'payguard-database/reconciler-password',
    'payguard-kafka/reconciler-password',
  ],
  probe: ['payguard-database/reconciler-password'],
  migrate: [
    ...['admin', 'alerter', 'checkout', 'points', 'reconciler'].map((part) => `payguard-database/${part}-password`),
    'payguard-kafka/admin-password',
  ],
};
const AUTHORITY = 'example-com-ca';
/** Not variables of ours: Node, its allocator, and what another variable is put together from. */
const NOT_OURS = new Set(['NODE_OPTIONS', 'NODE_EXTRA_CA_CERTS', 'MALLOC_ARENA_MAX', 'DATABASE_PASSWORD']);
const PROGRAM_OF: Record<string, string> = { poll: 'reconciler', probe: 'reconciler' };

describe.skipIf(helmMissing !== undefined).each(VALUES_FILES)('the pods of %s', (values) => {
  let objects: ChartObject[];
  let pods: ChartPod[];
  beforeAll(async () => {
    objects = await renderChart({ values });
    pods = podsOf(objects);
  });

  it('have no token of the API server, and neither have their accounts', () => {
    const accounts = objects.filter(({ kind }) => kind === 'ServiceAccount');
    expect(accounts.filter((account) => account.automountServiceAccountToken !== false)).toEqual([]);
    expect(pods.filter(({ spec }) => spec.automountServiceAccountToken)).toEqual([]);
    const names = new Set(accounts.map(({ metadata }) => metadata.name));
    expect(pods.filter(({ spec }) => !names.has(spec.serviceAccountName))).toEqual([]);
    expect(JSON.stringify(pods)).not.toContain('serviceAccountToken"');
    expect(objects.filter(({ apiVersion }) => apiVersion.startsWith('rbac.'))).toEqual([]);
  });

  it('are what the restricted Pod Security standard allows, on a root that nobody writes', () => {
    for (const { of, spec, containers } of pods) {
      expect(spec.securityContext, of).toMatchObject({
        runAsNonRoot: true,
        runAsUser: 10001,
        runAsGroup: 10001,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      for (const { securityContext } of containers) {
        expect(securityContext, of).toEqual({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
      expect(JSON.stringify(spec), of).not.toMatch(/hostPath|hostNetwork|hostPID|hostPort|privileged/);
    }
  });

  it('say what they need of processor and memory, and what they may have at most', () => {
    for (const { of, containers } of pods) {
      for (const { resources } of containers) {
        expect(Object.keys(resources.requests), of).toEqual(expect.arrayContaining(['cpu', 'memory']));
        expect(resources.limits, of).toHaveProperty('memory');
      }
    }
  });

  it('know a password before they put it into an address', () => {
    for (const { of, containers } of pods) {
      for (const { env } of containers) {
        const names = env.map(({ name }) => name);
        const address = env.findIndex(({ value }) => value?.includes('$(DATABASE_PASSWORD)'));
        if (address !== -1) expect(names.indexOf('DATABASE_PASSWORD'), of).toBeLessThan(address);
        expect(new Set(names).size, of).toBe(names.length);
      }
    }
  });

  it('are told nothing that their program does not read', () => {
    for (const component of Object.keys(SECRETS).filter((name) => name !== 'migrate')) {
      const known = documentedVariables(PROGRAM_OF[component] ?? component);
      const told = podOf(objects, component).containers.flatMap(({ env }) => env.map(({ name }) => name));
      const unknown = told.filter((name) => !NOT_OURS.has(name) && !known.has(name));
      expect(unknown, component).toEqual([]);
    }
  });

  it('mount nothing that they could write', () => {
    for (const { of, spec, containers } of pods) {
      const files = spec.volumes.filter(({ secret, configMap }) => secret ?? configMap).map(({ name }) => name);
      const mounts = containers.flatMap(({ volumeMounts }) => volumeMounts);
      expect(
        mounts.filter(({ name, readOnly }) => files.includes(name) && !readOnly),
        of,
      ).toEqual([]);
    }
  });
});

describe.skipIf(helmMissing !== undefined)('secrets in production', () => {
  let objects: ChartObject[];
  beforeAll(async () => {
    objects = await renderChart({ values: 'values-prod.yaml' });
  });

  it.each(Object.entries(SECRETS))('%s has its own and no other', (component, secrets) => {
    expect(secretsOf(podOf(objects, component)).filter((name) => name !== AUTHORITY)).toEqual([...secrets].sort());
  });

  it('the tests of helm are given no private key', () => {
    const tests = podsOf(objects).filter(({ component }) => component === 'test');
    expect([...new Set(tests.flatMap(secretsOf))].filter((name) => name !== AUTHORITY).sort()).toEqual([
      'payguard-1900000109-verification',
      'payguard-database/admin-password',
      'payguard-kafka/admin-password',
    ]);
  });

  it('no Secret is made, and no password stands in any object', () => {
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    const plain = podsOf(objects).flatMap(({ containers }) => containers.flatMap(({ env }) => env));
    expect(plain.filter(({ name, value }) => /PASSWORD|TOKEN$|SECRET/.test(name) && value !== undefined)).toEqual([]);
  });

  it("a merchant's keys lie where merchants.yaml says, and each only in the folder of its Secret", () => {
    const { containers } = podOf(objects, 'checkout');
    const folder = '/etc/payguard/merchants';
    expect(containers[0]?.volumeMounts.map(({ mountPath }) => mountPath)).toEqual([
      folder,
      `${folder}/1900000109/verification`,
      `${folder}/1900000109/signing`,
      '/etc/payguard/api-keys',
      '/etc/payguard/ca',
    ]);
  });
});

/** The variables of a program, as docs/env.md (generated from its schema) lists them. */
function documentedVariables(program: string): ReadonlySet<string> {
  const page = readFileSync(join(import.meta.dirname, '../../docs/env.md'), 'utf8');
  const section = page.split(/^## /m).find((text) => text.startsWith(`${program}\n`));
  return new Set([...(section ?? '').matchAll(/^\| `([A-Z0-9_]+)`/gm)].map(([, name = '']) => name));
}
