import { setTimeout as wait } from 'node:timers/promises';
import { dashboardFiles } from '@payguard/dashboards/dashboard-files';
import { type PanelQuery, panelQueries, readDashboard } from '@payguard/dashboards/read-dashboard';
import { z } from 'zod';

const CALL_TIMEOUT_MS = 10_000;
/** The state is read each 15 s, and a poll writes what it did each 10 s. */
const ASK_AGAIN_MS = 2_000;
/** Longer than a drill: all that happened in it counts. */
const RATE_INTERVAL = '5m';

const answerSchema = z.union([
  z.object({
    status: z.literal('success'),
    data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

export type PanelFindings = { queries: number /** Each in a sentence. */; withoutData: string[] };

/** Asks every query of every panel of this Prometheus, again and again until all have data, or for `withinMs`. */
export async function askPanels(prometheusUrl: string, withinMs: number): Promise<PanelFindings> {
  const queries = dashboardFiles().flatMap(({ path }) => panelQueries(readDashboard(path), RATE_INTERVAL));
  const deadline = performance.now() + withinMs;
  for (;;) {
    const withoutData: string[] = [];
    for (const query of queries) {
      const problem = await problemOf(prometheusUrl, query);
      if (problem !== undefined) withoutData.push(`${query.panel}: ${problem} (${query.expr})`);
    }
    if (withoutData.length === 0 || performance.now() > deadline) return { queries: queries.length, withoutData };
    await wait(ASK_AGAIN_MS);
  }
}

async function problemOf(prometheusUrl: string, { expr, mayBeNaN }: PanelQuery): Promise<string | undefined> {
  const url = `${prometheusUrl}/api/v1/query?${new URLSearchParams({ query: expr })}`;
  const answer = await fetch(url, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  const parsed = answerSchema.parse(await answer.json());
  if (parsed.status === 'error') return parsed.error;
  const values = parsed.data.result.map(({ value: [, value] }) => value);
  if (values.length === 0) return 'no series';
  return mayBeNaN || values.some((value) => value !== 'NaN') ? undefined : 'no number';
}
