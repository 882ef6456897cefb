import { setTimeout as delay } from 'node:timers/promises';
import type { CallbackLoad } from './callback-load.ts';
import type { PhaseWorld } from './phase.ts';
import { type Counts, countHits, type Hit, isFine } from './request-load.ts';

export type LoadWorld = PhaseWorld & { load: CallbackLoad };

/** What happened while something was done to the system. */
export type StepFigures = {
  seconds: number;
  /** From its first moment to its last, in ms since the load began, by callbacks and by the order API. */
  window: { callbacks: [number, number]; orderApi: [number, number] };
  callbacks: Counts;
  orderApi: Counts;
  refusedConnects: number;
};
export type Step = { figures: StepFigures & Record<string, unknown>; complaints: string[]; skipped?: string[] };

/** What is under way when a step ends belongs to it: WeChat Pay itself waits no longer. */
const SETTLE_MS = 6_000;
/** Steps must not be taken for each other's doing. */
const CALM_MS = 3_000;

/** Does something under load, and counts every request that began meanwhile or a little later. */
export async function measureStep(
  world: LoadWorld,
  work: () => Promise<Record<string, unknown>>,
): Promise<Step['figures']> {
  const { callbacks, orderApi } = world.load;
  await delay(CALM_MS);
  const refusedBefore = callbacks.refusals.length + orderApi.refusals.length;
  const from = callbacks.now();
  const apiFrom = orderApi.now();
  const found = await work();
  await delay(SETTLE_MS);
  const to = callbacks.now() - SETTLE_MS / 2;
  return {
    seconds: Math.round((to - from) / 1_000),
    window: { callbacks: [from, callbacks.now()], orderApi: [apiFrom, orderApi.now()] },
    callbacks: countHits(callbacks.hits, from, to),
    orderApi: countHits(orderApi.hits, apiFrom, orderApi.now() - SETTLE_MS / 2),
    refusedConnects: callbacks.refusals.length + orderApi.refusals.length - refusedBefore,
    ...found,
  };
}

/** Pure: what began outside these windows and was no 2xx, in words. */
export function failuresOutside(hits: readonly Hit[], windows: readonly [number, number][]): string[] {
  const outside = hits.filter(({ startedAt }) => !windows.some(([from, to]) => startedAt >= from && startedAt < to));
  return failures(countHits(outside, 0, Number.POSITIVE_INFINITY));
}

/** The results that are no 2xx, in words: `503 12 times`. */
export function failures({ results }: Counts, allowed: readonly string[] = []): string[] {
  return Object.entries(results)
    .filter(([result]) => !isFine(Number.isNaN(Number(result)) ? result : Number(result)) && !allowed.includes(result))
    .map(([result, count]) => `${result} ${count} times`);
}

/** For a step that nobody may notice: every answer a 2xx, no connection refused. */
export function complainOfAny(name: string, { callbacks, orderApi, refusedConnects }: StepFigures): string[] {
  return [
    ...failures(callbacks).map((what) => `${name}: callbacks were answered ${what}`),
    ...failures(orderApi).map((what) => `${name}: the order API answered ${what}`),
    ...(refusedConnects === 0 ? [] : [`${name}: ${refusedConnects} connections were refused`]),
    ...(callbacks.requests > 0 ? [] : [`${name}: no callback was sent meanwhile`]),
  ];
}

export function stepText(name: string, { seconds, callbacks, orderApi, refusedConnects }: StepFigures): string {
  const results = (counts: Counts) =>
    Object.entries(counts.results)
      .map(([result, count]) => `${result}: ${count}`)
      .join(', ');
  return (
    `${name}: ${seconds} s, callbacks ${callbacks.perSecond} a second, ${results(callbacks)} (p50 ${callbacks.p50Ms} ms, p99 ${callbacks.p99Ms} ms, ` +
    `max ${callbacks.maxMs} ms)${callbacks.failedBetween === null ? '' : `, failures from ${callbacks.failedBetween[0]} to ${callbacks.failedBetween[1]} s`}; order API ${results(orderApi)}; refused connects ${refusedConnects}`
  );
}
