import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { podOf, podsOf } from './chart-pods.ts';
import { type ChartObject, findObject, helmMissing, renderChart } from './render-chart.ts';

const STAND_INS = ['kafka', 'mariadb', 'simulator', 'receivers'];
const PORTS = { kafka: [9092], mariadb: [3306], simulator: [80], receivers: [8025, 1025, 1465] };
const serviceSchema = z.object({ spec: z.object({ ports: z.array(z.looseObject({ port: z.int() })) }) });
const KEPT_IMAGES = {
  'kafka.embedded.imageTag': '1',
  'database.embedded.imageTag': '1',
  'simulator.imageTag': '1',
  'receivers.imageTag': '1',
};

describe.skipIf(helmMissing !== undefined)('what stands in for the outside in a development cluster', () => {
  let objects: ChartObject[];
  beforeAll(async () => {
    objects = await renderChart({ values: 'values-dev.yaml' });
  });

  it('is nowhere else: neither server, nor simulator, nor a well-known key', async () => {
    for (const values of ['values-staging.yaml', 'values-prod.yaml'] as const) {
      const elsewhere = await renderChart({ values });
      expect(podsOf(elsewhere).filter(({ component }) => STAND_INS.includes(component))).toEqual([]);
      expect(elsewhere.filter(({ kind }) => kind === 'Secret')).toEqual([]);
    }
  });

  it('keeps running while payguard is upgraded, where its images are told to stay', async () => {
    const pods = async (tag: string) => {
      const release = await renderChart({ values: 'values-dev.yaml', set: { ...KEPT_IMAGES, 'image.tag': tag } });
      return STAND_INS.map((component) => podOf(release, component));
    };
    const [before, after] = [await pods('1'), await pods('2')];
    expect(after).toEqual(before);
    expect(JSON.stringify(after)).not.toMatch(/helm.sh\/chart|app.kubernetes.io\/version/);
  });

  it('takes the images of payguard’s own release where nothing else is said', () => {
    const images = STAND_INS.flatMap((component) => podOf(objects, component).containers.map(({ image }) => image));
    const { image } = podOf(objects, 'points').containers[0] ?? {};
    const [, repository, tag] = /^(.*)\/points:(.*)$/.exec(image ?? '') ?? [];
    expect(new Set(images)).toEqual(new Set(STAND_INS.map((name) => `${repository}/${name}:${tag}`)));
  });

  it('draws a password for each part, and gives the administrator alone an account', () => {
    const secret = z.object({ stringData: z.record(z.string(), z.string()) });
    const { 'init.sql': sql = '', ...passwords } = secret.parse(
      findObject(objects, 'Secret', 'payguard-mariadb'),
    ).stringData;
    const parts = ['admin', 'alerter', 'checkout', 'points', 'reconciler'];
    expect(Object.keys(passwords).sort()).toEqual(parts.map((part) => `${part}-password`));
    expect(new Set(Object.values(passwords)).size).toBe(parts.length);
    for (const password of Object.values(passwords)) expect(password).toMatch(/^[0-9A-Za-z]{24}$/);
    expect(sql).toContain(`IDENTIFIED BY '${passwords['admin-password']}'`);
    expect(Object.values(passwords).filter((password) => sql.includes(password))).toHaveLength(1);
  });

  it('lets a pod see of a Secret no more than it needs: the database knows no other password', () => {
    expect(podOf(objects, 'mariadb').spec.volumes.find(({ secret }) => secret !== undefined)).toMatchObject({
      secret: { secretName: 'payguard-mariadb', items: [{ key: 'init.sql', path: 'init.sql' }] },
    });
    expect(podOf(objects, 'kafka').spec.volumes.filter(({ secret }) => secret !== undefined)).toEqual([]);
  });

  it('is told the names by which the cluster knows it', async () => {
    const other = await renderChart({ values: 'values-dev.yaml', release: 'shop' });
    const args = (component: string) => podOf(other, component).containers.flatMap((container) => container.args);
    expect(args('kafka')).toContain('advertised.listeners=PLAINTEXT://shop-payguard-kafka:9092');
    expect(args('simulator')).toEqual(
      expect.arrayContaining([
        '--public-url=http://shop-payguard-simulator',
        '--notify-url=http://shop-payguard-callback-gateway/api/payment/wechat/callback',
      ]),
    );
    for (const [name, ports] of Object.entries(PORTS)) {
      const { spec } = serviceSchema.parse(findObject(other, 'Service', `shop-payguard-${name}`));
      expect(spec.ports.map(({ port }) => port)).toEqual(ports);
    }
  });

  it('keeps data over the end of a pod in claims that no upgrade changes', () => {
    for (const name of ['kafka', 'mariadb']) {
      const set = findObject(objects, 'StatefulSet', `payguard-${name}`);
      expect(set).toMatchObject({ spec: { replicas: 1, serviceName: `payguard-${name}` } });
      const claims = JSON.stringify(set.spec);
      expect(claims).toContain('"accessModes":["ReadWriteOnce"]');
      expect(claims).not.toMatch(/helm.sh\/chart|app.kubernetes.io\/version/);
    }
  });
});
