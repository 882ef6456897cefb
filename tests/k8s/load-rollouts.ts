import { complainOfAny, type LoadWorld, measureStep, type Step } from './load-world.ts';
import { waitFor } from './phase.ts';
import { isReady, type Pod, RELEASE, type Release } from './release.ts';
import { runProgram } from './run-program.ts';

/** Draining, ending, and a start beside a machine's other work. */
const REPLACED_WITHIN_MS = 120_000;
const STATELESS = ['callback-gateway', 'checkout', 'points', 'alerter'];
const GRACE_MS = 60_000;

/** A changed value, so that every pod is another one afterwards. */
export function upgrade(world: LoadWorld): Promise<Step> {
  return quietly(world, 'upgrade', async () => {
    const before = await names(world.release);
    const { code, stderr } = await world.release.helmApply('upgrade', ['logLevel=warn']);
    if (code !== 0) throw new Error(`helm upgrade failed: ${stderr.trim().slice(-1_500)}`);
    await expectOtherPods(world.release, before);
    return {};
  });
}

export function rollback(world: LoadWorld): Promise<Step> {
  return quietly(world, 'rollback', async () => {
    const before = await names(world.release);
    const { code, stderr } = await world.release.helm([
      'rollback',
      RELEASE,
      '1',
      '--wait',
      '--wait-for-jobs',
      '--timeout',
      '5m',
    ]);
    if (code !== 0) throw new Error(`helm rollback failed: ${stderr.trim().slice(-1_500)}`);
    await expectOtherPods(world.release, before);
    return {};
  });
}

/** Each stateless pod through the eviction API, as a drained node does it: what a budget refuses is tried again. */
export function evictAll(world: LoadWorld): Promise<Step> {
  return quietly(world, 'eviction', async () => {
    let refused = 0;
    const pods = await statelessPods(world.release);
    for (const pod of pods) {
      const { name } = pod.metadata;
      const evicted = await waitFor(async () => {
        const answer = await evict(world.release, name);
        if (answer === 'refused') refused += 1;
        return answer === 'evicted';
      }, REPLACED_WITHIN_MS);
      if (evicted === undefined) throw new Error(`${name} could not be evicted within ${REPLACED_WITHIN_MS} ms.`);
    }
    await expectOtherPods(
      world.release,
      pods.map(({ metadata }) => metadata.name),
    );
    world.say(`eviction: ${pods.length} pods, refused meanwhile by disruption budgets ${refused} times`);
    return { evicted: pods.length, refusedByBudgets: refused };
  });
}

async function quietly(world: LoadWorld, name: string, work: () => Promise<Record<string, unknown>>): Promise<Step> {
  const figures = await measureStep(world, work);
  return { figures, complaints: complainOfAny(name, figures) };
}

async function statelessPods({ pods }: Release): Promise<Pod[]> {
  return (await pods()).filter(({ metadata }) =>
    STATELESS.includes(metadata.labels?.['app.kubernetes.io/component'] ?? ''),
  );
}

async function names(release: Release): Promise<string[]> {
  const pods = await statelessPods(release);
  return pods.map(({ metadata }) => metadata.name);
}

/** All of them gone, with the time that they may drain, and as many others ready. */
async function expectOtherPods(release: Release, before: readonly string[]): Promise<void> {
  const replaced = await waitFor(async () => {
    const pods = await statelessPods(release);
    const others = pods.filter((pod) => isReady(pod) && !before.includes(pod.metadata.name));
    return others.length >= before.length && pods.length === others.length;
  }, REPLACED_WITHIN_MS + GRACE_MS);
  if (replaced === undefined) throw new Error('Not every pod was replaced by one that is ready.');
}

async function evict(release: Release, name: string): Promise<'evicted' | 'refused'> {
  const { namespace, cluster } = release;
  const eviction = { apiVersion: 'policy/v1', kind: 'Eviction', metadata: { name, namespace } };
  const path = `/api/v1/namespaces/${namespace}/pods/${name}/eviction`;
  const { code, stderr } = await runProgram('kubectl', ['create', '--raw', path, '-f', '-'], {
    input: JSON.stringify(eviction),
    env: cluster.env,
  });
  if (code === 0) return 'evicted';
  // 429: the budget has nothing left at the moment.
  if (/TooManyRequests|disruption budget/i.test(stderr)) return 'refused';
  throw new Error(`The eviction of ${name} failed: ${stderr.trim()}`);
}
