import { setTimeout as delay } from 'node:timers/promises';
import { runDocumented } from './documented-commands.ts';
import { type Phase, type PhaseWorld, waitFor } from './phase.ts';
import { endsByItself, isReady, RELEASE } from './release.ts';
import type { Ended } from './run-program.ts';
import { makeVolumes } from './volumes.ts';

const LONGEST_INSTALL_MS = 180_000;
const READY_WITHIN_MS = 30_000;
const TROUBLE_EVERY_MS = 5_000;
const GONE_WITHIN_MS = 180_000;

/** A new namespace that lets only restricted pods in, `helm install` of values-dev as docs/operations.md has it, every pod ready, `helm test`. */
export const installPhase: Phase = async (world) => {
  const { release, say } = world;
  await makeNamespaceAnew(world);
  await makeVolumes(release.cluster, release.namespace);
  const startedAt = performance.now();
  const troubles = watchTroubles(world);
  const { code, stderr } = await documented(world, 'install');
  const installMs = Math.round(performance.now() - startedAt);
  const found = await troubles.stop();
  if (code !== 0)
    throw new Error(`helm install failed after ${installMs} ms: ${stderr.trim().slice(-2_000)}\n${found}`);
  const ready = await waitFor(async () => {
    const pods = (await release.pods()).filter((pod) => !endsByItself(pod));
    return pods.length > 0 && pods.every(isReady) && pods;
  }, READY_WITHIN_MS);
  const restarts = (await release.pods()).flatMap(({ metadata, status }) => {
    const count = status.containerStatuses?.[0]?.restartCount ?? 0;
    return count > 0 ? [`${metadata.name} ${count}`] : [];
  });
  say(
    `helm install --wait --wait-for-jobs --atomic: ${(installMs / 1_000).toFixed(1)} s, ${ready?.value.length ?? 0} pods ready, restarts: ${restarts.join(', ') || 'none'}`,
  );
  const test = await testRelease(world);
  return {
    figures: { installMs, pods: ready?.value.length ?? 0, restarts, helmTestMs: test.ms, helmTestSaid: test.said },
    complaints: [
      ...(installMs > LONGEST_INSTALL_MS
        ? [`helm install took ${installMs} ms, at most ${LONGEST_INSTALL_MS} are allowed`]
        : []),
      ...(ready === undefined ? [`after helm install not every pod is ready`] : []),
      ...(test.code === 0 ? [] : [`helm test failed: ${test.said.join(' | ')}`]),
    ],
  };
};

/** A failed install goes back and takes its pods' words with it: what those said last that were not ready. */
function watchTroubles({ release }: PhaseWorld): { stop(): Promise<string> } {
  const said = new Map<string, string>();
  const stopping = new AbortController();
  const watching = (async () => {
    while (!stopping.signal.aborted) {
      await delay(TROUBLE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
      for (const pod of await release.pods().catch(() => [])) {
        const { name, deletionTimestamp } = pod.metadata;
        if (isReady(pod) || pod.status.phase === 'Succeeded' || deletionTimestamp !== undefined) said.delete(name);
        else {
          const logs = ['logs', name, '--all-containers', '--tail=5', '--prefix'];
          said.set(name, await release.kubectl(logs).catch((err: Error) => err.message));
        }
      }
    }
  })();
  return {
    async stop() {
      const found = [...said].map(([name, log]) => `${name}, not ready, said:\n${log.trim()}`).join('\n');
      stopping.abort();
      await watching;
      return found;
    },
  };
}

/** `helm test`, and what its pods said. */
export async function testRelease({ release, say }: PhaseWorld): Promise<{ code: number; ms: number; said: string[] }> {
  const startedAt = performance.now();
  const { code, stderr } = await release.helm(['test', RELEASE, '--timeout', '3m']);
  const ms = Math.round(performance.now() - startedAt);
  const pods = await release.pods('test');
  const logs = await Promise.all(pods.map(({ metadata }) => release.kubectl(['logs', metadata.name]).catch(String)));
  const said = [...logs.flatMap((log) => log.trim().split('\n')), ...(code === 0 ? [] : [stderr.trim()])].filter(
    Boolean,
  );
  say(`helm test: ${code === 0 ? 'passed' : 'FAILED'} in ${(ms / 1_000).toFixed(1)} s: ${said.join(' | ')}`);
  return { code, ms, said };
}

async function makeNamespaceAnew(world: PhaseWorld): Promise<void> {
  const { cluster, namespace } = world.release;
  await cluster.kubectl(
    ['delete', 'namespace', namespace, '--ignore-not-found', '--wait', `--timeout=${GONE_WITHIN_MS}ms`],
    { timeoutMs: GONE_WITHIN_MS + 10_000 },
  );
  const { code, stderr } = await documented(world, 'namespace');
  if (code !== 0) throw new Error(`The namespace ${namespace} was not made: ${stderr.trim()}`);
  // The account of a new namespace is made a moment later.
  await delay(500);
}

/** A block of docs/operations.md, with the values of this run. */
function documented({ release, folder }: PhaseWorld, block: string): Promise<Ended> {
  const { namespace, chart, values, cluster } = release;
  const variables = { NAMESPACE: namespace, CHART: chart, VALUES: values, KEEP: folder };
  return runDocumented(block, variables, { env: cluster.env });
}
