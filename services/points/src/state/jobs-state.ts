import { fromUtcText } from '@payguard/shared/database/multi-row';
import { readRequestTotal } from '@payguard/shared/telemetry/job-total-names';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Look, StateSubject } from './state-subject.ts';
import { createWechatpayTotals, type NamedTotal } from './wechatpay-totals.ts';

const TASK = ['task'] as const;

type RunRow = { task: string; started: string | null; succeeded: string | null };
type TotalRow = { task: string; name: string; value: number };

/** What jobs leave in job_runs and job_totals: they end before anybody could look at their own metrics. */
export function createJobsState(registry: Registry): StateSubject {
  const registers = [registry];
  const lastStart = new Gauge({
    name: 'payguard_job_last_start_timestamp_seconds',
    help: 'When the last run of a job began',
    labelNames: TASK,
    registers,
  });
  const lastSuccess = new Gauge({
    name: 'payguard_job_last_success_timestamp_seconds',
    help: 'When the last run of a job that ended well ended',
    labelNames: TASK,
    registers,
  });
  const counts = new Counter({
    name: 'payguard_job_counts_total',
    help: 'What all runs of a job have done, by the names it counts under',
    labelNames: ['task', 'count'],
    registers,
  });
  const wechatpay = createWechatpayTotals(registry);
  return {
    name: 'jobs',
    async refresh(look) {
      const [runs, totals] = [await readRuns(look), await readTotals(look)];
      for (const { task, started, succeeded } of runs) {
        setTime(lastStart, task, started);
        setTime(lastSuccess, task, succeeded);
      }
      const requests: NamedTotal[] = [];
      counts.reset();
      for (const { task, name, value } of totals) {
        const total = readRequestTotal(name);
        if (total === undefined) counts.inc({ task, count: name }, value);
        else requests.push({ task, total, value });
      }
      wechatpay.show(requests);
    },
  };
}

function setTime(gauge: Gauge<'task'>, task: string, at: string | null): void {
  const ms = fromUtcText(at);
  if (ms !== null) gauge.set({ task }, ms / 1000);
}

/** A job at a time: only for a job by name the newest run that ended well is one step into the index. */
async function readRuns({ pool }: Look): Promise<RunRow[]> {
  const last: { task: string; id: number }[] = await pool.query(
    'SELECT job AS task, MAX(id) AS id FROM job_runs GROUP BY job',
  );
  const runs: RunRow[] = [];
  for (const { task, id } of last) {
    const rows: Omit<RunRow, 'task'>[] = await pool.query(
      {
        sql: `SELECT (SELECT started_at FROM job_runs WHERE id = ?) AS started,
                     (SELECT MAX(finished_at) FROM job_runs WHERE job = ? AND outcome = 'ended') AS succeeded`,
        dateStrings: true,
      },
      [id, task],
    );
    runs.push(...rows.map((row) => ({ task, ...row })));
  }
  return runs;
}

function readTotals({ pool }: Look): Promise<TotalRow[]> {
  return pool.query('SELECT job AS task, name, value FROM job_totals ORDER BY job, name');
}
