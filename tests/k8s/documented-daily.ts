import { type DocumentedWorld, must } from './documented-world.ts';
import { waitFor } from './phase.ts';
import { isReady, RELEASE } from './release.ts';
import type { Ended } from './run-program.ts';

const READY_WITHIN_MS = 120_000;

/** Sections 1 and 2 of the page: looking at a new release, the operator's pod, upgrade, scaling, rollback, restart. */
export async function tryDailyWork(world: DocumentedWorld): Promise<void> {
  await lookAtRelease(world);
  await tryOperator(world);
  await upgradeAndBack(world);
  const before = await readyPods(world, 'alerter');
  await world.block('restart-alerter', async () => {
    const after = await readyPods(world, 'alerter');
    must(after.length > 0 && after.every((name) => !before.includes(name)), `the alerter still runs as ${before}`);
    return `${before.join(', ')} replaced by ${after.join(', ')}`;
  });
}

async function lookAtRelease(world: DocumentedWorld): Promise<void> {
  await world.block('dry-run', async ({ stdout }) => {
    const objects = stdout.match(/serverside-applied \(server dry run\)/g)?.length ?? 0;
    must(objects > 0, `the API server said: ${stdout}`);
    return `the API server accepts ${objects} objects, the revision is still ${await revision(world)}`;
  });
  await world.block('probe', ({ stdout }) => {
    const finding = /"finding":"([^"]+)"/.exec(stdout)?.[1];
    must(finding === 'ok', `the probe found ${finding ?? stdout}`);
    return 'a callback would arrive: finding ok';
  });
  await world.block('test', ({ stdout }) => {
    must(/credited after/.test(stdout), `helm test said nothing of a credit: ${stdout}`);
    return /smoke: .*/.exec(stdout)?.[0] ?? '';
  });
  await world.block('migrate-said', ({ stdout }) => {
    must(stdout.trim() !== '', 'the migrate Job said nothing');
    return lastLine(stdout);
  });
}

async function tryOperator(world: DocumentedWorld): Promise<void> {
  await world.block('operator-pod', () => 'its pod is ready');
  const onlyNotifyUrl = ({ stdout }: Ended): string => {
    const others = stdout.split('\n').filter((line) => /^fail/.test(line) && !/^fail +notify URL/.test(line));
    must(others.length === 0, `doctor complains: ${others.join(' | ')}`);
    return `${lastLine(stdout)} No complaint but the notify URL`;
  };
  await world.block('doctor', onlyNotifyUrl, { mayEndWith: 1 });
  await world.block('check-invariants', ({ stdout }) => lastLine(stdout));
}

async function upgradeAndBack(world: DocumentedWorld): Promise<void> {
  const first = await revision(world);
  const replicas = await pointsReplicas(world);
  await world.block(
    'scale',
    async () => {
      const now = await pointsReplicas(world);
      must(now === replicas + 1, `points has ${now} ready replicas in place of ${replicas + 1}`);
      return `points went from ${replicas} to ${now} ready replicas`;
    },
    { variables: { REPLICAS: String(replicas + 1) } },
  );
  await world.block('upgrade', async () => {
    const now = await revision(world);
    must(now === first + 2, `the revision is ${now} after ${first + 1}`);
    must((await pointsReplicas(world)) === replicas, 'points did not go back to the replicas of its values');
    return `revision ${now}, points has ${replicas} again, helm test passed`;
  });
  await world.block('watch-rollout', ({ stdout }) => {
    must(/deployed/.test(stdout) && /migrate/.test(stdout), `the history, or the Jobs, are not in: ${stdout}`);
    return `${stdout.trim().split('\n').length} lines: history, Jobs, Deployments, pods`;
  });
  await world.block(
    'rollback',
    async () => {
      const now = await revision(world);
      must(now === first + 3, `the revision is ${now} after ${first + 2}`);
      must((await pointsReplicas(world)) === replicas + 1, 'the values of that revision did not come back');
      return `revision ${now} with the values of revision ${first + 1}`;
    },
    { variables: { REVISION: String(first + 1) } },
  );
}

async function revision({ release }: DocumentedWorld): Promise<number> {
  const { stdout } = await release.helm(['history', RELEASE, '--max', '1', '--output', 'json']);
  const [last]: { revision: number }[] = JSON.parse(stdout);
  return last?.revision ?? 0;
}

async function pointsReplicas(world: DocumentedWorld): Promise<number> {
  return (await readyPods(world, 'points')).length;
}

/** Once those that end are gone. */
async function readyPods({ release }: DocumentedWorld, component: string): Promise<string[]> {
  const settled = await waitFor(async () => {
    const pods = await release.pods(component);
    return pods.length > 0 && pods.every(isReady) && pods.map(({ metadata }) => metadata.name);
  }, READY_WITHIN_MS);
  return settled?.value ?? [];
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.trim() ?? '';
}
