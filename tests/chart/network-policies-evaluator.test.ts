import { expect, it } from 'vitest';
import { allowedPorts, type NetworkEnd, networkPoliciesOf, type PodEnd } from './network-policies-evaluator.ts';

const HTTP = { port: 8080, protocol: 'TCP' } as const;

const shop = pod('shop', 'shop', { app: 'shop' });
const api = pod('api', 'pay', { app: 'api' }, [{ name: 'http', port: 8080, protocol: 'TCP' }]);
const other = pod('other', 'pay', { app: 'other' });
const internet: NetworkEnd = { name: 'internet', address: '101.226.90.1' };
const metadata: NetworkEnd = { name: 'metadata', address: '169.254.169.254' };

it('allows everything where no policy selects a pod', () => {
  expect(may({ podSelector: { matchLabels: { app: 'nobody' } } }, shop, api)).toBe(true);
});

it('refuses what no rule names once a policy selects the pod, in the directions that it is about', () => {
  const deny = { podSelector: { matchLabels: { app: 'api' } } };
  expect(may(deny, shop, api)).toBe(false);
  expect(may(deny, api, shop)).toBe(true);
  expect(may({ ...deny, policyTypes: ['Egress'] }, shop, api)).toBe(true);
  expect(may({ ...deny, policyTypes: ['Egress'] }, api, shop)).toBe(false);
});

it('takes an egress rule without policyTypes for both directions', () => {
  const policy = { podSelector: { matchLabels: { app: 'api' } }, egress: [{}] };
  expect([may(policy, api, internet), may(policy, shop, api)]).toEqual([true, false]);
});

it('takes a rule without peers, and a list of none, for everybody', () => {
  expect(may(ingress({}), shop, api)).toBe(true);
  expect(may(ingress({ from: [] }), internet, api)).toBe(true);
});

it('looks for a pod selector in the own namespace alone, unless the namespace is named', () => {
  expect(may(ingress({ from: [{ podSelector: {} }] }), other, api)).toBe(true);
  expect(may(ingress({ from: [{ podSelector: {} }] }), shop, api)).toBe(false);
  const inShop = { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'shop' } } };
  expect(may(ingress({ from: [inShop] }), shop, api)).toBe(true);
  expect(may(ingress({ from: [{ ...inShop, podSelector: { matchLabels: { app: 'x' } } }] }), shop, api)).toBe(false);
  expect(may(ingress({ from: [inShop] }), internet, api)).toBe(false);
});

it('understands expressions of selectors', () => {
  const from = (operator: string, values?: string[]) =>
    ingress({
      from: [{ podSelector: { matchExpressions: [{ key: 'app', operator, ...(values ? { values } : {}) }] } }],
    });
  expect(may(from('In', ['other']), other, api)).toBe(true);
  expect(may(from('NotIn', ['other']), other, api)).toBe(false);
  expect(may(from('Exists'), other, api)).toBe(true);
  expect(may(from('DoesNotExist'), other, api)).toBe(false);
});

it('takes exceptions out of a block of addresses', () => {
  const policy = {
    podSelector: {},
    policyTypes: ['Egress'],
    egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0', except: ['169.254.0.0/16', '10.0.0.0/8'] } }] }],
  };
  expect([internet, metadata, shop].map((to) => may(policy, api, to))).toEqual([true, false, false]);
});

it('compares ports by number, by range, by the name of the pod that is reached, and by protocol', () => {
  const on = (...ports: object[]) => may(ingress({ ports }), shop, api);
  expect(on({ port: 8080 })).toBe(true);
  expect(on({ port: 8081 })).toBe(false);
  expect(on({ port: 8000, endPort: 8100 })).toBe(true);
  expect(on({ port: 'http' })).toBe(true);
  expect(on({ port: 'operations' })).toBe(false);
  expect(on({ protocol: 'UDP', port: 8080 })).toBe(false);
  expect(on({ protocol: 'TCP' })).toBe(true);
});

it('needs the consent of both ends', () => {
  const policies = policiesOf(ingress({}), { podSelector: { matchLabels: { app: 'other' } }, policyTypes: ['Egress'] });
  expect(allowedPorts(policies, other, api, [HTTP])).toEqual([]);
  expect(allowedPorts(policies, shop, api, [HTTP])).toEqual([HTTP]);
});

it('refuses a policy with a field that it does not know', () => {
  expect(() => policiesOf({ podSelector: {}, surprise: 1 })).toThrow(/surprise/);
});

function ingress(rule: object): object {
  return { podSelector: { matchLabels: { app: 'api' } }, policyTypes: ['Ingress'], ingress: [rule] };
}

function may(spec: object, from: NetworkEnd, to: NetworkEnd): boolean {
  return allowedPorts(policiesOf(spec), from, to, [HTTP]).length > 0;
}

function policiesOf(...specs: object[]) {
  const objects = specs.map((spec, i) => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `policy-${i}`, labels: {}, annotations: {} },
    spec,
  }));
  return networkPoliciesOf(objects, 'pay');
}

function pod(name: string, namespace: string, labels: Record<string, string>, ports: PodEnd['ports'] = []): NetworkEnd {
  return { name, address: '10.244.0.9', pod: { namespace, labels, ports } };
}
