import { INTERNET, SOURCES, type Source, TARGETS } from './network-edges.ts';
import { isEnforced, type Reach, startPod, tryFrom } from './network-pods.ts';
import type { Phase, PhaseWorld } from './phase.ts';
import { openPretendedInternet } from './pretended-internet.ts';
import { isReady } from './release.ts';

/** Their pods have Node in them and run all the time; the others get one that has their labels. */
const RUNNING: readonly Source[] = [
  'callback-gateway',
  'points',
  'alerter',
  'checkout',
  'mariadb',
  'simulator',
  'receivers',
];

type From = { source: Source; pod: string; namespace: string; isOurs: boolean };
type Tried = { source: Source; target: string; reach: Reach; allowed: boolean };

/** Every edge that ARCHITECTURE.md draws, and every one that it does not, tried from real pods. */
export const networkPhase: Phase = async (world) => {
  const { release, say } = world;
  const foreignNamespace = `${release.namespace}-foreign`;
  await makeForeignNamespace(world, foreignNamespace);
  const started: From[] = [];
  try {
    started.push(...(await startAll(world, foreignNamespace)));
    const stranger = await startPod(world, 'e2e-stranger', {});
    if (!(await isEnforced(world, { name: 'e2e-foreigner', namespace: foreignNamespace }, stranger))) {
      const skipped = 'this cluster does not enforce NetworkPolicies';
      return { figures: { skipped }, complaints: [], skipped: [skipped] };
    }
    const internet = await openPretendedInternet(
      release.cluster,
      INTERNET.map(({ port }) => port),
    );
    const tried: Tried[] = [];
    try {
      for (const from of started) tried.push(...(await tryAll(world, from, internet?.address)));
    } finally {
      await internet?.close();
    }
    const wrong = tried.filter(({ reach, allowed }) => (reach === 'open') !== allowed);
    const drawn = tried.filter(({ allowed }) => allowed).length;
    say(
      `network: ${tried.length} edges tried from ${started.length} pods: ${drawn} drawn, ${tried.length - drawn} not; ${wrong.length} not as drawn`,
    );
    return {
      figures: { tried: tried.length, drawn, internet: internet !== undefined, wrong },
      skipped: internet === undefined ? ['who reaches the internet: it takes a cluster by scripts, and root'] : [],
      complaints: wrong.map(
        ({ source, target, reach, allowed }) =>
          `${source} → ${target} is ${reach}, it has to be ${allowed ? 'open' : 'closed'}`,
      ),
    };
  } finally {
    await cleanUp(world, started, foreignNamespace);
  }
};

async function startAll(world: PhaseWorld, foreignNamespace: string): Promise<From[]> {
  const { namespace, pods } = world.release;
  return Promise.all(
    SOURCES.map(async (source): Promise<From> => {
      if (RUNNING.includes(source)) {
        const pod = (await pods(source)).find(isReady);
        if (pod === undefined) throw new Error(`No pod of ${source} is ready.`);
        return { source, pod: pod.metadata.name, namespace, isOurs: false };
      }
      const name = `e2e-${source}`;
      const place = source === 'foreigner' ? foreignNamespace : namespace;
      const isStranger = source === 'stranger' || source === 'foreigner';
      await startPod(world, name, { namespace: place, ...(isStranger ? {} : { component: source }) });
      return { source, pod: name, namespace: place, isOurs: true };
    }),
  );
}

async function tryAll(world: PhaseWorld, from: From, internetAddress: string | undefined): Promise<Tried[]> {
  const inside = await Promise.all(
    TARGETS.map(async ({ name, component, port, from: allowed }) => {
      const pod = (await world.release.pods(component)).find(isReady);
      return {
        target: name,
        host: pod?.status.podIP ?? '',
        port,
        allowed: allowed.includes(from.source),
        isSelf: pod?.metadata.name === from.pod,
      };
    }),
  );
  const outside = INTERNET.filter(({ either }) => internetAddress !== undefined && !either.includes(from.source)).map(
    ({ name, port, from: allowed }) => ({
      target: name,
      host: internetAddress ?? '',
      port,
      allowed: allowed.includes(from.source),
      isSelf: false,
    }),
  );
  const attempts = [...inside, ...outside].filter(({ isSelf }) => !isSelf);
  const { resolves, reaches } = await tryFrom(world, from.pod, attempts, from.namespace);
  const dns: Tried = { source: from.source, target: 'DNS', allowed: true, reach: resolves ? 'open' : 'closed' };
  const tried = attempts.map(({ target, allowed }, n) => ({
    source: from.source,
    target,
    allowed,
    reach: reaches[n] ?? 'closed',
  }));
  return [dns, ...tried];
}

async function makeForeignNamespace({ release }: PhaseWorld, name: string): Promise<void> {
  const object = { apiVersion: 'v1', kind: 'Namespace', metadata: { name } };
  await release.cluster.kubectl(['apply', '-f', '-'], { input: JSON.stringify(object) });
}

async function cleanUp({ release }: PhaseWorld, started: readonly From[], foreignNamespace: string): Promise<void> {
  const ours = started.filter(({ isOurs, source }) => isOurs && source !== 'foreigner').map(({ pod }) => pod);
  const remove = ['delete', 'pod', ...ours, 'e2e-stranger', '--ignore-not-found', '--grace-period=0', '--force'];
  await release.kubectl(remove).catch(() => undefined);
  await release.cluster.kubectl(['delete', 'namespace', foreignNamespace, '--ignore-not-found', '--wait=false']);
}
