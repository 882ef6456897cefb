import { type PhaseWorld, waitFor } from './phase.ts';
import { isReady, type Pod, RELEASE } from './release.ts';

export type Reach = 'open' | 'refused' | 'closed';
/** Whether names are found, and which ports answer. */
export type Reached = { resolves: boolean; reaches: Reach[] };
type Attempt = { host: string; port: number };

const READY_WITHIN_MS = 60_000;
/** Dropped packets are not answered; an open port answers within a millisecond. */
const CONNECT_MS = 1_500;

const CONNECT = `
const { connect } = require('node:net');
const attempts = JSON.parse(process.argv[1]);
const resolves = require('node:dns').promises.lookup('kubernetes.default.svc.cluster.local').then(() => true, () => false);
Promise.all(attempts.map(({ host, port }) => new Promise((resolve) => {
  const socket = connect({ host, port, timeout: ${CONNECT_MS} });
  const end = (reach) => { socket.destroy(); resolve(reach); };
  socket.on('connect', () => end('open'));
  socket.on('timeout', () => end('closed'));
  socket.on('error', (err) => end(err.code === 'ECONNREFUSED' ? 'refused' : 'closed'));
}))).then(async (reaches) => console.log(JSON.stringify({ resolves: await resolves, reaches })));`;

/** Stays until it is deleted; as a stranger it also listens. */
const STAY = `require('node:net').createServer((socket) => socket.end()).listen(8080)`;

/** A pod that can try connections. `labels` make it one of payguard's in the eyes of a policy. */
export async function startPod(
  { release }: PhaseWorld,
  name: string,
  options: { component?: string; namespace?: string },
): Promise<Pod> {
  const namespace = options.namespace ?? release.namespace;
  const labels = options.component === undefined ? {} : await labelsOf(release, options.component);
  const image = (await release.pods('callback-gateway'))[0]?.spec.containers[0]?.image;
  const container = {
    name: 'node',
    image,
    imagePullPolicy: 'IfNotPresent',
    command: ['node', '-e', STAY],
    // Not ready, so that no Service leads here.
    ...(options.component === undefined
      ? {}
      : { readinessProbe: { exec: { command: ['node', '-e', 'process.exit(1)'] }, periodSeconds: 60 } }),
    securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } },
  };
  const spec = {
    automountServiceAccountToken: false,
    terminationGracePeriodSeconds: 0,
    securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: 'RuntimeDefault' } },
    containers: [container],
  };
  await release.cluster.kubectl(['-n', namespace, 'apply', '-f', '-'], {
    input: JSON.stringify({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name, labels: { ...labels, 'payguard-e2e': name } },
      spec,
    }),
  });
  const started = await waitFor(async () => {
    const pod: Pod = JSON.parse(await release.cluster.kubectl(['-n', namespace, 'get', 'pod', name, '-o', 'json']));
    const isUp = options.component === undefined ? isReady(pod) : pod.status.phase === 'Running';
    return isUp && pod.status.podIP !== undefined && pod;
  }, READY_WITHIN_MS);
  if (started === undefined) throw new Error(`The pod ${name} did not start within ${READY_WITHIN_MS} ms.`);
  return started.value;
}

async function labelsOf({ pods }: PhaseWorld['release'], component: string): Promise<Record<string, string>> {
  const [any] = await pods('callback-gateway');
  return {
    'app.kubernetes.io/name': any?.metadata.labels?.['app.kubernetes.io/name'] ?? '',
    'app.kubernetes.io/instance': RELEASE,
    'app.kubernetes.io/component': component,
  };
}

/** Tries all of them at once from a pod. */
export async function tryFrom(
  { release }: PhaseWorld,
  pod: string,
  attempts: readonly Attempt[],
  namespace = release.namespace,
): Promise<Reached> {
  const said = await release.cluster.kubectl([
    '-n',
    namespace,
    'exec',
    pod,
    '--',
    'node',
    '-e',
    CONNECT,
    JSON.stringify(attempts),
  ]);
  return JSON.parse(said);
}

/** Whether the cluster's network takes policies seriously: a pod that lets nobody in is tried before and after. */
export async function isEnforced(
  world: PhaseWorld,
  from: { name: string; namespace: string },
  stranger: Pod,
): Promise<boolean> {
  const attempt = [{ host: stranger.status.podIP ?? '', port: 8080 }];
  const [before] = (await tryFrom(world, from.name, attempt, from.namespace)).reaches;
  if (before !== 'open') throw new Error(`Two pods without any policy do not reach each other (${before}).`);
  const name = 'e2e-let-nobody-in';
  const spec = { podSelector: { matchLabels: { 'payguard-e2e': stranger.metadata.name } }, policyTypes: ['Ingress'] };
  await world.release.kubectl(['apply', '-f', '-'], {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name },
    spec,
  });
  const held = await waitFor(
    async () => (await tryFrom(world, from.name, attempt, from.namespace)).reaches[0] !== 'open',
    10_000,
  );
  await world.release.kubectl(['delete', 'networkpolicy', name]);
  return held !== undefined;
}
