import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Cluster } from './cluster.ts';
import type { Options } from './options.ts';
import { type Ended, output } from './run-program.ts';

const ROOT = join(import.meta.dirname, '../..');
export const RELEASE = 'payguard';
/** Helm gives up after this and goes back; what is allowed is less. */
const HELM_TIMEOUT = '5m';

export type Pod = {
  metadata: { name: string; labels?: Record<string, string>; deletionTimestamp?: string };
  spec: {
    serviceAccountName: string;
    automountServiceAccountToken?: boolean;
    volumes?: { name: string; secret?: { secretName: string }; configMap?: { name: string }; projected?: object }[];
    containers: {
      name: string;
      image: string;
      env?: { name: string; valueFrom?: { secretKeyRef?: { name: string; key: string } } }[];
    }[];
  };
  status: {
    podIP?: string;
    phase: string;
    conditions?: { type: string; status: string; lastTransitionTime: string }[];
    containerStatuses?: { containerID?: string; restartCount: number; ready: boolean }[];
  };
};

/** The chart as it is installed in one namespace. */
export type Release = {
  readonly cluster: Cluster;
  readonly namespace: string;
  /** Folder of the chart. */
  readonly chart: string;
  /** values-dev.yaml and what lets this machine in, as `--values` takes them. */
  readonly values: string;
  /** `helm install|upgrade` with those values; more of them as `--set` takes them. */
  helmApply(verb: 'install' | 'upgrade', sets: readonly string[]): Promise<Ended>;
  helm(args: readonly string[]): Promise<Ended>;
  pods(component?: string): Promise<Pod[]>;
  kubectl(args: readonly string[], input?: object): Promise<string>;
  /** A program with Node in a pod; the script's arguments follow it. */
  node(pod: string, script: string, ...args: string[]): Promise<string>;
};

export async function openRelease(
  cluster: Cluster,
  { namespace, chart }: Pick<Options, 'namespace' | 'chart'>,
  folder: string,
): Promise<Release> {
  const thisMachine = join(folder, 'this-machine.json');
  await writeFile(thisMachine, JSON.stringify(await letThisMachineIn(cluster)));
  const values = `${join(chart, 'values-dev.yaml')},${thisMachine}`;
  const inNamespace = ['--namespace', namespace];
  const kubectl: Release['kubectl'] = (args, input) =>
    cluster.kubectl([...inNamespace, ...args], input === undefined ? {} : { input: JSON.stringify(input) });
  const helm = (args: readonly string[]) => cluster.helm([...args, ...inNamespace]);
  return {
    cluster,
    ...{ namespace, chart, values },
    helm,
    kubectl,
    helmApply: (verb, sets) =>
      helm([
        ...[
          verb,
          RELEASE,
          chart,
          '--wait',
          '--wait-for-jobs',
          '--atomic',
          '--timeout',
          HELM_TIMEOUT,
          '--values',
          values,
        ],
        ...sets.flatMap((set) => ['--set', set]),
      ]),
    async pods(component) {
      const selector = `app.kubernetes.io/instance=${RELEASE}${component === undefined ? '' : `,app.kubernetes.io/component=${component}`}`;
      const { items }: { items: Pod[] } = await cluster.get(['pods', ...inNamespace, '-l', selector]);
      return items;
    },
    node: (pod, script, ...args) => kubectl(['exec', pod, '--', 'node', '-e', script, ...args]),
  };
}

export function isReady(pod: Pod): boolean {
  const ready = pod.status.conditions?.find(({ type }) => type === 'Ready');
  return pod.metadata.deletionTimestamp === undefined && ready?.status === 'True';
}

/** Whether it belongs to a Job or a test, which end: they are never ready. */
export function endsByItself(pod: Pod): boolean {
  return ['migrate', 'poll', 'probe', 'test'].includes(pod.metadata.labels?.['app.kubernetes.io/component'] ?? '');
}

/** Requests from this machine come from its own address, or from the node's where the cluster hides it. */
async function letThisMachineIn(cluster: Cluster): Promise<object> {
  const { items }: { items: { status: { addresses: { type: string; address: string }[] } }[] } = await cluster.get([
    'nodes',
  ]);
  const nodes = items.flatMap(({ status }) => status.addresses.filter(({ type }) => type === 'InternalIP'));
  const addresses = new Set(nodes.map(({ address }) => address));
  for (const { address } of nodes) addresses.add(await ownAddressTowards(address));
  const peers = [...addresses].map((address) => ({ ipBlock: { cidr: `${address}/32` } }));
  return {
    networkPolicy: { ingressController: peers, checkoutClients: peers, developmentClients: peers, monitoring: peers },
    // Two, so that the order API can be seen to lose nothing either.
    checkout: { replicas: 2 },
  };
}

async function ownAddressTowards(address: string): Promise<string> {
  const socket = createSocket('udp4');
  try {
    socket.connect(9, address);
    await once(socket, 'connect');
    return socket.address().address;
  } finally {
    socket.close();
  }
}

/** The images that `npm run images` makes, as archives in the folder. */
export async function buildImages(folder: string): Promise<void> {
  await output('npm', ['run', '--silent', 'images', '--', '--to', folder, '--development'], { cwd: ROOT, loud: true });
}
