import { beforeAll, describe, expect, it } from 'vitest';
import { DRAWN_EDGES } from './network-policies-design.ts';
import { NAMESPACE, neighbours, PORTS, payguardEnds, portName } from './network-policies-ends.ts';
import {
  allowedPorts,
  type NetworkEnd,
  type NetworkPolicy,
  networkPoliciesOf,
  selectsPod,
} from './network-policies-evaluator.ts';
import { helmMissing, renderChart, VALUES_FILES, type ValuesFile } from './render-chart.ts';

/** Three quarters of what the chart renders, and none of these tests' business. */
const WITHOUT_DASHBOARDS = { 'monitoring.dashboards.enabled': false };

describe.skipIf(helmMissing !== undefined).each(VALUES_FILES)('the network policies of %s', (values) => {
  const design = DRAWN_EDGES[values];
  let policies: NetworkPolicy[] = [];
  let own: NetworkEnd[] = [];
  let expected: string[] = [];

  beforeAll(async () => {
    const objects = await renderChart({ values, set: WITHOUT_DASHBOARDS });
    policies = networkPoliciesOf(objects, NAMESPACE);
    own = payguardEnds(objects);
    expected = drawn(design, own);
  });

  it('allow what the design draws, and of everything else nothing', () => {
    expect(edges(policies, own, neighbours(values))).toEqual(expected);
  });

  it('are each needed: without any one of them something else would be allowed or refused', () => {
    for (const policy of policies) {
      const fewer = policies.filter((other) => other !== policy);
      expect(edgesAround(policy, fewer), `without ${policy.name}`).not.toEqual(edgesAround(policy, policies));
    }
  });

  it('have no rule that could be left out', () => {
    for (const policy of policies) {
      const edges = edgesAround(policy, policies);
      for (const { changed, name } of withoutOneRule(policy)) {
        const fewer = policies.map((other) => (other === policy ? changed : other));
        expect(edgesAround(policy, fewer), name).not.toEqual(edges);
      }
    }
  });

  it('name the ports that the pods listen on', () => {
    for (const edge of expected) {
      const [, target = '', port = ''] = /→ (.+):(\d+)$/.exec(edge) ?? [];
      const pod = own.find(({ name }) => name === target)?.pod;
      if (pod === undefined) continue;
      expect(
        pod.ports?.map((listened) => String(listened.port)),
        edge,
      ).toContain(port);
    }
  });

  /** Those of the pods that a policy selects: others cannot change with it. */
  function edgesAround(policy: NetworkPolicy, among: NetworkPolicy[]): string[] {
    const selected = own.filter(({ pod }) => pod !== undefined && selectsPod(policy, pod));
    const others = own.filter((end) => !selected.includes(end));
    return edges(among, selected, [...others, ...neighbours(values)]);
  }
});

describe.skipIf(helmMissing !== undefined)('the values of networkPolicy', () => {
  it('let your own tools at servers, simulator and receivers of a development cluster, and at nothing else', async () => {
    const tools = [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } }];
    const opened = await edgesOf('values-dev.yaml', { 'networkPolicy.developmentClients': tools });
    const stranger = 'stranger-elsewhere → ';
    expect(opened.filter((edge) => edge.startsWith(stranger)).map((edge) => edge.replace(stranger, ''))).toEqual([
      'callback-gateway:8080',
      'checkout:8081',
      'kafka:9092',
      'mariadb:3306',
      ...['receivers:1025', 'receivers:1465', 'receivers:8025'],
      'simulator:8900',
    ]);
  });

  it('let nobody in where nobody is named, and keep to the ports of brokers and database that may be anywhere, and to the collector’s namespace', async () => {
    const edges = await edgesOf('values-prod.yaml', {
      'networkPolicy.monitoring': [],
      'networkPolicy.kafkaPeers': [],
      'networkPolicy.databasePeers': [],
      'tracing.endpoint': 'http://collector.observability:4318',
    });
    expect(edges.filter((edge) => edge.startsWith('prometheus → '))).toEqual([]);
    const ofPoints = edges.filter((edge) => edge.startsWith('points → ')).map((edge) => edge.split(':')[1]);
    expect([...new Set(ofPoints)].sort()).toEqual(['3306', '4318', '53', '53/UDP', '9093']);
  });

  it('let a trace collector outside the cluster be reached at its own addresses alone', async () => {
    const edges = await edgesOf('values-prod.yaml', {
      'tracing.endpoint': 'https://traces.vendor.io:4318',
      'networkPolicy.tracingPeers': [{ ipBlock: { cidr: '101.226.90.149/32' } }],
    });
    const ofGateway = edges.filter((edge) => edge.startsWith('callback-gateway → ') && edge.endsWith(':4318'));
    expect(ofGateway).toEqual(['callback-gateway → internet:4318']);
  });

  it('let names be looked up on the ports that the DNS has', async () => {
    const edges = await edgesOf('values-prod.yaml', { 'networkPolicy.dnsPorts': [5353] });
    const asked = edges.filter((edge) => edge.startsWith('points → dns:')).map((edge) => edge.split(':')[1]);
    expect(asked).toEqual(['5353', '5353/UDP']);
  });

  it('make no policy at all where they are turned off', async () => {
    const set = { ...WITHOUT_DASHBOARDS, 'networkPolicy.enabled': false };
    const objects = await renderChart({ values: 'values-prod.yaml', set });
    expect(networkPoliciesOf(objects, NAMESPACE)).toEqual([]);
  });
});

async function edgesOf(values: ValuesFile, set: Record<string, unknown>): Promise<string[]> {
  const objects = await renderChart({ values, set: { ...WITHOUT_DASHBOARDS, ...set } });
  return edges(networkPoliciesOf(objects, NAMESPACE), payguardEnds(objects), neighbours(values));
}

/** `points → kafka:9092` for each connection that may be opened to or from one of payguard's pods. */
function edges(policies: NetworkPolicy[], own: NetworkEnd[], others: NetworkEnd[]): string[] {
  const pairs = [
    ...own.flatMap((from) => [...own, ...others].map((to) => ({ from, to }))),
    ...others.flatMap((from) => own.map((to) => ({ from, to }))),
  ];
  return pairs
    .flatMap(({ from, to }) =>
      allowedPorts(policies, from, to, PORTS).map((port) => `${from.name} → ${to.name}:${portName(port)}`),
    )
    .sort();
}

function drawn(design: Record<string, string[]>, own: NetworkEnd[]): string[] {
  const named = Object.entries(design).flatMap(([from, targets]) => targets.map((target) => `${from} → ${target}`));
  const everyPort = PORTS.filter(({ protocol }) => protocol === 'TCP').map(portName);
  const dns = own.flatMap(({ name }) => [`${name} → dns:53`, `${name} → dns:53/UDP`]);
  return [
    ...named.flatMap((edge) => (edge.endsWith(':*') ? everyPort.map((port) => edge.replace('*', port)) : edge)),
    ...dns,
  ].sort();
}

/** The policy with one rule fewer, for each of its rules. */
function withoutOneRule(policy: NetworkPolicy): { changed: NetworkPolicy; name: string }[] {
  return (['ingress', 'egress'] as const).flatMap((direction) =>
    (policy[direction] ?? []).map((rule, i) => ({
      changed: { ...policy, [direction]: policy[direction]?.filter((other) => other !== rule) },
      name: `without ${direction}[${i}] of ${policy.name}`,
    })),
  );
}
