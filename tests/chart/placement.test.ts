import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { podOf, podsOf } from './chart-pods.ts';
import { type ChartObject, findObject, helmMissing, renderChart } from './render-chart.ts';

const AMD64 = { 'kubernetes.io/arch': 'amd64' };
const TAINTED = [{ key: 'payments', operator: 'Exists' }];
const DIGEST = `sha256:${'a'.repeat(64)}`;
const EVERYWHERE = {
  'scheduling.nodeSelector': AMD64,
  'scheduling.tolerations': TAINTED,
  'scheduling.priorityClassName': 'payments',
};

const spreadSchema = z.array(z.looseObject({ topologyKey: z.string(), whenUnsatisfiable: z.string() }));

describe.skipIf(helmMissing !== undefined)('where pods run', () => {
  it.each(['values-dev.yaml', 'values-prod.yaml'] as const)('is said once for every pod of %s', async (values) => {
    const pods = podsOf(await renderChart({ values, set: EVERYWHERE }));
    expect(new Set(pods.map(({ kind }) => kind))).toEqual(
      new Set(['Deployment', 'CronJob', 'Job', 'Pod', ...(values === 'values-dev.yaml' ? ['StatefulSet'] : [])]),
    );
    for (const { of, spec } of pods) {
      expect(spec, of).toMatchObject({ nodeSelector: AMD64, tolerations: TAINTED, priorityClassName: 'payments' });
    }
  });

  it('a service may say of its own pods instead', async () => {
    const own = {
      'callbackGateway.nodeSelector': { zone: 'public' },
      'callbackGateway.tolerations': [{ key: 'public' }],
    };
    const objects = await renderChart({ values: 'values-prod.yaml', set: { ...EVERYWHERE, ...own } });
    expect(podOf(objects, 'callback-gateway').spec).toMatchObject({
      nodeSelector: { zone: 'public' },
      tolerations: [{ key: 'public' }],
      priorityClassName: 'payments',
    });
    expect(podOf(objects, 'points').spec).toMatchObject({ nodeSelector: AMD64, tolerations: TAINTED });
  });

  it('is nobody’s business where nothing is said', async () => {
    for (const { of, spec } of podsOf(await renderChart({ values: 'values-prod.yaml' }))) {
      for (const field of ['nodeSelector', 'tolerations', 'priorityClassName'])
        expect(spec, of).not.toHaveProperty(field);
    }
  });

  it('may be no node twice, and is any zone still', async () => {
    const set = { 'topologySpread.whenUnsatisfiable': 'DoNotSchedule' };
    const { spec } = podOf(await renderChart({ values: 'values-prod.yaml', set }), 'callback-gateway');
    expect(spreadSchema.parse(spec.topologySpreadConstraints)).toEqual([
      expect.objectContaining({ topologyKey: 'kubernetes.io/hostname', whenUnsatisfiable: 'DoNotSchedule' }),
      expect.objectContaining({ topologyKey: 'topology.kubernetes.io/zone', whenUnsatisfiable: 'ScheduleAnyway' }),
    ]);
  });
});

describe.skipIf(helmMissing !== undefined)('what one component alone is given', () => {
  let objects: ChartObject[];
  beforeAll(async () => {
    const set = {
      'image.digests.points': DIGEST,
      'serviceAccount.annotations.checkout': { role: 'orders' },
      'callbackGateway.serviceAnnotations': { health: '/api/payment/wechat/health' },
    };
    objects = await renderChart({ values: 'values-prod.yaml', set });
  });

  it('a digest takes the place of the tag', () => {
    const imageOf = (component: string) => podOf(objects, component).containers[0]?.image;
    expect(imageOf('points')).toBe(`registry.example.com/payguard/points@${DIGEST}`);
    expect(imageOf('alerter')).toMatch(/^registry\.example\.com\/payguard\/alerter:\d/);
  });

  it.each([
    ['ServiceAccount', 'payguard-checkout', { role: 'orders' }],
    ['Service', 'payguard-callback-gateway', { health: '/api/payment/wechat/health' }],
  ])('its %s has annotations that no other has', (kind, name, annotations) => {
    const annotated = objects.filter(
      (object) => object.kind === kind && Object.keys(object.metadata.annotations).length > 0,
    );
    expect(annotated).toEqual([findObject(objects, kind, name)]);
    expect(annotated[0]?.metadata.annotations).toEqual(annotations);
  });
});
