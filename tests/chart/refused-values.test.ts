import { describe, expect, it } from 'vitest';
import { ADDRESSES, ENVIRONMENTS, RUNNING, SECRETS, SERVERS } from './refused-values-cases.ts';
import { type ChartOptions, helmMissing, tryRenderChart } from './render-chart.ts';

/** A field by itself, and what helm says of its place. */
const BY_THEMSELVES: Record<string, [value: unknown, place: string]> = {
  replicas: [3, "at '': additional properties 'replicas' not allowed"],
  'points.replica': [3, "at '/points': additional properties 'replica' not allowed"],
  'merchants[0].key': ['x', "at '/merchants/0': additional properties 'key' not allowed"],
  'jobs.bills': [{}, "at '/jobs': additional properties 'bills' not allowed"],
  environment: ['production', "at '/environment': value must be one of 'dev', 'staging', 'prod'"],
  'kafka.tls': [null, "at '/kafka': missing property 'tls'"],
  'points.replicas': ['3', "at '/points/replicas': got string, want integer"],
  'database.port': [65_536, "at '/database/port': maximum: got 65,536, want 65,535"],
  'image.tag': [1.1, "at '/image/tag': got number, want string"],
  'alerts.windows.absent': ['5m', "at '/alerts/windows': additional properties 'absent' not allowed"],
  'alerts.windows.absentFor': ['5 minutes', "at '/alerts/windows/absentFor': '5 minutes' does not match pattern"],
  'alerts.thresholds.callbackSuccessRatio': [80, "at '/alerts/thresholds/callbackSuccessRatio': maximum: got 80"],
  'alerter.resources.memory': ['1Gi', "at '/alerter/resources': additional properties 'memory' not allowed"],
  'networkPolicy.kafkaPeers': [[{ ipBlock: { cidr: '999.0.0.0/99' } }], "'999.0.0.0/99' does not match pattern"],
  'networkPolicy.dnsPorts': [[], "at '/networkPolicy/dnsPorts': minItems: got 0, want 1"],
  'image.digests': [{ points: 'sha256:1' }, "at '/image/digests/points': 'sha256:1' does not match pattern"],
  'serviceAccount.annotations': [{ role: {} }, "annotations': additional properties 'role' not allowed"],
  'topologySpread.whenUnsatisfiable': ['Never', "value must be one of 'ScheduleAnyway', 'DoNotSchedule'"],
  'networkPolicy.dns': [[{}], "at '/networkPolicy/dns/0': minProperties: got 0, want 1"],
};

describe.skipIf(helmMissing !== undefined)('values that do not go together are refused with one sentence', () => {
  it.concurrent.each([...ADDRESSES, ...ENVIRONMENTS, ...SERVERS, ...SECRETS, ...RUNNING])(
    '%s',
    async (sentence, options) => {
      const said = await sentences(options);
      expect(said).toEqual([expect.stringContaining(sentence)]);
      // What is wrong; what to do.
      expect(said[0]).toMatch(/^[^;]+; [^;]+\.$/);
    },
  );

  it.concurrent('all of them at once, where there are several', async () => {
    const set = { 'points.replicas': 0, 'kafka.tls': false, 'ingress.host': '' };
    expect(await sentences({ values: 'values-prod.yaml', set })).toHaveLength(3);
  });
});

describe.skipIf(helmMissing !== undefined)('a value that is wrong by itself', () => {
  it('is refused with its place', async () => {
    const set = Object.fromEntries(Object.entries(BY_THEMSELVES).map(([key, [value]]) => [key, value]));
    const message = await refusal({ values: 'values-prod.yaml', set });
    for (const [, place] of Object.values(BY_THEMSELVES)) expect(message).toContain(place);
  });

  it('is that of a Kubernetes which is too old, too', async () => {
    const message = await refusal({ values: 'values-prod.yaml', kubeVersion: '1.26.9' });
    expect(message).toMatch(/requires kubeVersion: >=1\.27\.0-0 which is incompatible with Kubernetes v1\.26\.9/);
  });
});

async function sentences(options: ChartOptions): Promise<string[]> {
  const lines = (await refusal(options)).replace(/^Error: .*?\): /, '').split('\n');
  return lines.filter((line) => line.startsWith('payguard: '));
}

async function refusal(options: ChartOptions): Promise<string> {
  const rendered = await tryRenderChart(options);
  if (rendered.outcome === 'rendered') throw new Error('helm took these values');
  return rendered.message;
}
