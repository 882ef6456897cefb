import { z } from 'zod';
import { type ChartPod, podsOf } from './chart-pods.ts';
import type { NetworkEnd, PodEnd, Port } from './network-policies-evaluator.ts';
import type { ChartObject, ValuesFile } from './render-chart.ts';

/** Where the tests install the chart. */
export const NAMESPACE = 'payguard';

/** Each port that anything in or around payguard listens on, and some that nothing may reach. */
export const PORTS: Port[] = [
  ...[
    22, 53, 80, 443, 465, 587, 1025, 1465, 3306, 4318, 5353, 6443, 8025, 8080, 8081, 8443, 8900, 9090, 9092, 9093,
  ].map((port): Port => ({ port, protocol: 'TCP' })),
  { port: 53, protocol: 'UDP' },
  { port: 5353, protocol: 'UDP' },
];

export function portName({ port, protocol }: Port): string {
  return protocol === 'TCP' ? String(port) : `${port}/${protocol}`;
}

/** Where servers, collector and shop are in each environment, as its values file says. */
const NEIGHBOURS: Record<ValuesFile, { brokers: string; database: string; shop: string }> = {
  'values-dev.yaml': { brokers: '10.10.0.5', database: '10.10.1.5', shop: 'shop' },
  'values-staging.yaml': { brokers: '10.20.0.5', database: '10.20.1.5', shop: 'shop-staging' },
  'values-prod.yaml': { brokers: '10.10.0.5', database: '10.10.1.5', shop: 'shop' },
};

/** Those who are not payguard's, friends and strangers. */
export function neighbours(values: ValuesFile): NetworkEnd[] {
  const { brokers, database, shop } = NEIGHBOURS[values];
  const payguard = { 'app.kubernetes.io/name': 'payguard' };
  return [
    pod('ingress-controller', 'ingress-nginx', { 'app.kubernetes.io/name': 'ingress-nginx' }),
    pod('prometheus', 'monitoring', { 'app.kubernetes.io/name': 'prometheus' }),
    pod('shop', shop, { app: 'shop' }),
    pod('dns', 'kube-system', { 'k8s-app': 'kube-dns' }),
    pod('collector', 'observability', { app: 'otel-collector' }),
    pod('stranger-beside', NAMESPACE, { app: 'stranger' }),
    pod('stranger-elsewhere', 'default', { app: 'stranger' }),
    // The labels of one of payguard's, of another release or another namespace.
    pod('other-release', NAMESPACE, {
      ...payguard,
      'app.kubernetes.io/instance': 'other',
      'app.kubernetes.io/component': 'points',
    }),
    pod('lookalike', 'default', {
      ...payguard,
      'app.kubernetes.io/instance': 'payguard',
      'app.kubernetes.io/component': 'points',
    }),
    address('brokers', brokers),
    address('database', database),
    address('internet', '101.226.90.149'),
    address('metadata', '169.254.169.254'),
    address('api-server', '10.96.0.1'),
    address('node', '192.168.1.10'),
    address('private-network', '172.16.3.4'),
  ];
}

/** One pod of each component, and one of a component that nobody has drawn yet. */
export function payguardEnds(objects: readonly ChartObject[]): NetworkEnd[] {
  const ofComponent = new Map<string, NetworkEnd>();
  for (const pod of podsOf(objects)) ofComponent.set(pod.component, endOf(pod));
  const [first] = ofComponent.values();
  if (first?.pod === undefined) throw new Error('the chart has no pods');
  const labels = { ...first.pod.labels, 'app.kubernetes.io/component': 'undrawn' };
  return [...ofComponent.values(), pod('undrawn', NAMESPACE, labels)];
}

const portsSchema = z
  .array(z.object({ name: z.string(), containerPort: z.int(), protocol: z.string().default('TCP') }))
  .default([]);

function endOf({ component, labels, containers }: ChartPod): NetworkEnd {
  const ports = containers.flatMap((container) =>
    portsSchema
      .parse(container.ports)
      .map(({ name, containerPort, protocol }) => ({ name, port: containerPort, protocol })),
  );
  return pod(component, NAMESPACE, labels, ports);
}

/** All pods have addresses of the cluster, as in most clusters: a private block. */
function pod(name: string, namespace: string, labels: PodEnd['labels'], ports: PodEnd['ports'] = []): NetworkEnd {
  return { name, address: '10.244.0.9', pod: { namespace, labels, ports } };
}

function address(name: string, text: string): NetworkEnd {
  return { name, address: text };
}
