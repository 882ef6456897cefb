import { readdir, readFile } from 'node:fs/promises';
import { createDatabasePool } from '@payguard/shared/database/connection-pool';
import { countToll, openConnections } from './kill-toll.ts';
import { failures, type LoadWorld, measureStep, type Step } from './load-world.ts';
import { waitFor } from './phase.ts';
import { isReady, type Pod } from './release.ts';
import { isFine } from './request-load.ts';

const BACK_WITHIN_MS = 30_000;
const READY_WITHIN_MS = 120_000;
/** So long without a failure, and it is over. */
const QUIET_MS = 5_000;
const GATEWAY_PORT = 8080;
/** The kubelet sees the end of a process at once; its word goes through the API server to each node's rules. */
const FORGOTTEN_WITHIN_MS = 5_000;

/**
 * kill -9 of one gateway's process. Three things may happen to a callback, each counted for itself: it was under way there; it
 * was sent there before its client read that the connection had ended; its new connection was refused, until the Service had
 * forgotten the pod, and was made again. WeChat Pay repeats the first two, of which there may be as many as the kernel knew
 * connections of that pod: each carries one request at a time. Nothing else may fail.
 */
export async function killGateway(world: LoadWorld): Promise<Step> {
  const { callbacks } = world.load;
  const [pod] = await world.release.pods('callback-gateway');
  const pid = pod === undefined ? undefined : await hostProcess(pod);
  if (pod === undefined || pid === undefined) {
    const skipped = 'kill -9 of a gateway: this machine does not see the processes of the node';
    return { figures: await measureStep(world, async () => ({ skipped })), complaints: [], skipped: [skipped] };
  }
  const hitsBefore = callbacks.hits.length;
  let killedAt = 0;
  let held = 0;
  const figures = await measureStep(world, async () => {
    held = openConnections(pid, GATEWAY_PORT);
    killedAt = callbacks.now();
    process.kill(pid, 'SIGKILL');
    return { backMs: (await untilRestarted(world, pod))?.ms };
  });
  const toll = countToll(callbacks.hits.slice(hitsBefore), killedAt);
  const refusals = callbacks.refusals.filter((at) => at >= killedAt).map((at) => Math.round(at - killedAt));
  const refused = { connects: refusals.length, lastAfterMs: Math.max(0, ...refusals) };
  world.say(
    `kill -9 of a gateway: (1) ${toll.failedInFlight} of ${toll.inFlight} under way there failed (the kernel knew ${held} connections of it); ` +
      `(2) ${toll.failedSentLater} sent there before the client saw it failed; ` +
      `(3) ${refused.connects} new connections refused, the last after ${refused.lastAfterMs} ms; ` +
      `${toll.unexcused.length} other failures; ready again after ${figures.backMs} ms`,
  );
  const name = 'kill -9 of a gateway';
  const lost = toll.failedInFlight + toll.failedSentLater;
  return {
    figures: { ...figures, ...toll, heldConnections: held, refused },
    complaints: [
      ...(lost <= held ? [] : [`${name}: ${lost} failed that were sent there, which had ${held} connections`]),
      ...(refused.lastAfterMs <= FORGOTTEN_WITHIN_MS
        ? []
        : [`${name}: new connections were refused until ${refused.lastAfterMs} ms after it`]),
      ...(toll.unexcused.length === 0 ? [] : [`${name}: failed elsewhere or later: ${toll.unexcused.join(', ')}`]),
      ...failures(figures.orderApi).map((what) => `${name}: the order API answered ${what}`),
      ...(figures.backMs === undefined ? [`${name}: it did not come back`] : []),
    ],
  };
}

function untilRestarted(world: LoadWorld, pod: Pod) {
  return waitFor(async () => {
    const pods = await world.release.pods('callback-gateway');
    const again = pods.find(({ metadata }) => metadata.name === pod.metadata.name);
    return again !== undefined && (again.status.containerStatuses?.[0]?.restartCount ?? 0) > 0 && isReady(again);
  }, READY_WITHIN_MS);
}

/** Kafka's pod killed: 503 and nothing else, and callbacks are taken soon after it is back. */
export async function killKafka(world: LoadWorld): Promise<Step> {
  const { callbacks } = world.load;
  let readyAt = 0;
  const figures = await measureStep(world, async () => {
    const readyMs = await killPod(world, 'kafka');
    readyAt = callbacks.now();
    await waitFor(async () => {
      const recent = callbacks.hits.filter(({ endedAt }) => endedAt > callbacks.now() - QUIET_MS);
      return recent.length > 0 && recent.every(({ result }) => isFine(result)) && callbacks.now() - readyAt > QUIET_MS;
    }, BACK_WITHIN_MS + READY_WITHIN_MS);
    return { readyMs };
  });
  const failed = callbacks.hits.filter(({ endedAt, result }) => endedAt > readyAt && !isFine(result));
  const backMs = Math.max(0, Math.round(Math.max(0, ...failed.map(({ endedAt }) => endedAt)) - readyAt));
  world.say(`Kafka killed: its pod ready after ${figures.readyMs} ms, callbacks taken ${backMs} ms later`);
  return {
    figures: { ...figures, backMs },
    complaints: [
      ...failures(figures.callbacks, ['503']).map((what) => `Kafka killed: callbacks were answered ${what}`),
      ...(backMs <= BACK_WITHIN_MS ? [] : [`Kafka killed: callbacks are taken ${backMs} ms after it is back`]),
    ],
  };
}

/** MariaDB's pod killed: callbacks do not notice, and credits go on soon after it is back. */
export async function killMariadb(world: LoadWorld): Promise<Step> {
  await world.load.feed.stockUp(60);
  const { target } = await world.outside();
  const figures = await measureStep(world, async () => {
    const readyMs = await killPod(world, 'mariadb');
    const readyTime = Date.now();
    const pool = createDatabasePool({ url: target.database.url, connectionLimit: 1 });
    const credited = await waitFor(async () => {
      const rows: { n: number }[] = await pool.query('SELECT COUNT(*) AS n FROM payment_orders WHERE credited_at > ?', [
        new Date(readyTime),
      ]);
      return (rows[0]?.n ?? 0) > 0;
    }, READY_WITHIN_MS);
    await pool.end();
    return { readyMs, backMs: credited?.ms };
  });
  world.say(`MariaDB killed: its pod ready after ${figures.readyMs} ms, the next credit ${figures.backMs} ms later`);
  const backMs = Number(figures.backMs ?? Number.POSITIVE_INFINITY);
  return {
    figures,
    complaints: [
      ...failures(figures.callbacks).map((what) => `MariaDB killed: callbacks were answered ${what}`),
      ...failures(figures.orderApi, ['503']).map((what) => `MariaDB killed: the order API answered ${what}`),
      ...(backMs <= BACK_WITHIN_MS ? [] : [`MariaDB killed: credits go on ${backMs} ms after it is back`]),
    ],
  };
}

/** The pod at once, with all its processes; answers the ms until its successor is ready. */
async function killPod({ release }: LoadWorld, component: string): Promise<number> {
  const [pod] = await release.pods(component);
  if (pod === undefined) throw new Error(`There is no pod of ${component}.`);
  const pid = await hostProcess(pod);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
  await release.kubectl(['delete', 'pod', pod.metadata.name, '--grace-period=0', '--force', '--wait=false']);
  const ready = await waitFor(async () => {
    const [next] = await release.pods(component);
    return next !== undefined && next.status.podIP !== pod.status.podIP && isReady(next);
  }, READY_WITHIN_MS);
  if (ready === undefined) throw new Error(`${component} is not ready ${READY_WITHIN_MS} ms after it was killed.`);
  return ready.ms;
}

/** A container's first process as this machine sees it, by its cgroup; undefined where the node is another machine. */
async function hostProcess(pod: Pod): Promise<number | undefined> {
  const id = pod.status.containerStatuses?.[0]?.containerID?.replace(/^.*:\/\//, '');
  if (id === undefined) return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  for (const pid of pids.toSorted((a, b) => a - b)) {
    const cgroups = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '');
    if (cgroups.includes(id)) return pid;
  }
  return undefined;
}
