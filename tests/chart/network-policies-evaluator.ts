import { BlockList } from 'node:net';
import { z } from 'zod';
import type { ChartObject } from './render-chart.ts';

/**
 * What NetworkPolicies allow, as networking.k8s.io/v1 says it: a pod that no policy selects may do everything; one that is
 * selected may do what one of its policies allows. A connection needs both ends' consent. Fields that it does not know
 * are refused, so that no policy is taken for less than it says.
 */

const selectorSchema = z.strictObject({
  matchLabels: z.record(z.string(), z.string()).default({}),
  matchExpressions: z
    .array(
      z.strictObject({
        key: z.string(),
        operator: z.enum(['In', 'NotIn', 'Exists', 'DoesNotExist']),
        values: z.array(z.string()).default([]),
      }),
    )
    .default([]),
});

const peerSchema = z.strictObject({
  podSelector: selectorSchema.optional(),
  namespaceSelector: selectorSchema.optional(),
  ipBlock: z.strictObject({ cidr: z.string(), except: z.array(z.string()).default([]) }).optional(),
});

const portSchema = z.strictObject({
  protocol: z.enum(['TCP', 'UDP', 'SCTP']).default('TCP'),
  port: z.union([z.int(), z.string()]).optional(),
  endPort: z.int().optional(),
});

const ports = z.array(portSchema).default([]);
const peers = z.array(peerSchema).default([]);

const policySchema = z.object({
  kind: z.literal('NetworkPolicy'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string().optional() }),
  spec: z.strictObject({
    podSelector: selectorSchema,
    policyTypes: z.array(z.enum(['Ingress', 'Egress'])).optional(),
    ingress: z.array(z.strictObject({ from: peers, ports })).default([]),
    egress: z.array(z.strictObject({ to: peers, ports })).default([]),
  }),
});

type Labels = Readonly<Record<string, string>>;
type Selector = z.output<typeof selectorSchema>;
type Peer = z.output<typeof peerSchema>;
type Rule = { peers: Peer[]; ports: z.output<typeof portSchema>[] };

export type NetworkPolicy = {
  name: string;
  namespace: string;
  podSelector: Selector;
  /** Undefined: it says nothing about this direction. */
  ingress?: Rule[];
  egress?: Rule[];
};

/** What may open a connection, or be reached: a pod, or an address that is none. */
export type NetworkEnd = { name: string; address: string; pod?: PodEnd };
export type PodEnd = { namespace: string; labels: Labels; ports?: { name: string; port: number; protocol: string }[] };
export type Port = { port: number; protocol: 'TCP' | 'UDP' };

/** Those among the objects; `namespace` is where the others are installed. */
export function networkPoliciesOf(objects: readonly ChartObject[], namespace: string): NetworkPolicy[] {
  return objects
    .filter(({ kind }) => kind === 'NetworkPolicy')
    .map((object) => {
      const { metadata, spec } = policySchema.parse(object);
      const types = spec.policyTypes ?? (spec.egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']);
      return {
        name: metadata.name,
        namespace: metadata.namespace ?? namespace,
        podSelector: spec.podSelector,
        ...(types.includes('Ingress')
          ? { ingress: spec.ingress.map((rule) => ({ peers: rule.from, ports: rule.ports })) }
          : {}),
        ...(types.includes('Egress')
          ? { egress: spec.egress.map((rule) => ({ peers: rule.to, ports: rule.ports })) }
          : {}),
      };
    });
}

/** On which of the ports may `from` open a connection to `to`? */
export function allowedPorts(
  policies: readonly NetworkPolicy[],
  from: NetworkEnd,
  to: NetworkEnd,
  ports: readonly Port[],
): Port[] {
  const out = rulesBetween(policies, 'egress', from, to);
  const into = rulesBetween(policies, 'ingress', to, from);
  return ports.filter((port) => takesPort(out, to, port) && takesPort(into, to, port));
}

/** The rules about `self` that know the other one; undefined: no policy is about it. */
function rulesBetween(
  policies: readonly NetworkPolicy[],
  direction: 'ingress' | 'egress',
  self: NetworkEnd,
  other: NetworkEnd,
): Rule[] | undefined {
  const { pod } = self;
  if (pod === undefined) return undefined;
  const selecting = policies.filter((policy) => policy[direction] !== undefined && selectsPod(policy, pod));
  if (selecting.length === 0) return undefined;
  return selecting.flatMap((policy) => (policy[direction] ?? []).filter((rule) => takesPeer(policy, rule, other)));
}

export function selectsPod({ namespace, podSelector }: NetworkPolicy, pod: PodEnd): boolean {
  return pod.namespace === namespace && matches(podSelector, pod.labels);
}

/** No peers at all mean everybody. */
function takesPeer(policy: NetworkPolicy, rule: Rule, other: NetworkEnd): boolean {
  return rule.peers.length === 0 || rule.peers.some((peer) => isPeer(policy, peer, other));
}

/** A pod has an address too, which a block may hold. */
function isPeer(policy: NetworkPolicy, { ipBlock, namespaceSelector, podSelector }: Peer, other: NetworkEnd): boolean {
  if (ipBlock !== undefined) return inBlocks([ipBlock.cidr], other) && !inBlocks(ipBlock.except, other);
  if (other.pod === undefined) return false;
  const { namespace, labels } = other.pod;
  const isInNamespace =
    namespaceSelector === undefined
      ? namespace === policy.namespace
      : matches(namespaceSelector, { 'kubernetes.io/metadata.name': namespace });
  return isInNamespace && (podSelector === undefined || matches(podSelector, labels));
}

/** No ports at all mean every port; a name means what the pod that is reached calls so. */
function takesPort(rules: Rule[] | undefined, target: NetworkEnd, { port, protocol }: Port): boolean {
  if (rules === undefined) return true;
  return rules.some(
    ({ ports }) =>
      ports.length === 0 ||
      ports.some((wanted) => {
        if (wanted.protocol !== protocol) return false;
        if (wanted.port === undefined) return true;
        if (typeof wanted.port === 'number') return port >= wanted.port && port <= (wanted.endPort ?? wanted.port);
        const called = target.pod?.ports?.filter(({ name }) => name === wanted.port) ?? [];
        return called.some((own) => own.port === port && own.protocol === protocol);
      }),
  );
}

function matches({ matchLabels, matchExpressions }: Selector, labels: Labels): boolean {
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => {
      const value = labels[key];
      switch (operator) {
        case 'In':
          return value !== undefined && values.includes(value);
        case 'NotIn':
          return value === undefined || !values.includes(value);
        case 'Exists':
          return value !== undefined;
        case 'DoesNotExist':
          return value === undefined;
        default:
          return operator satisfies never;
      }
    })
  );
}

const blocks = new Map<string, BlockList>();

function inBlocks(cidrs: readonly string[], { address }: NetworkEnd): boolean {
  return cidrs.some((cidr) => blockOf(cidr).check(address));
}

function blockOf(cidr: string): BlockList {
  const known = blocks.get(cidr);
  if (known !== undefined) return known;
  const [network = '', prefix] = cidr.split('/');
  const block = new BlockList();
  block.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
  blocks.set(cidr, block);
  return block;
}
