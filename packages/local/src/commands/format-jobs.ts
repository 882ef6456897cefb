import type { JobRecord } from '../jobs/job-record.ts';
import { nextRunAt } from '../jobs/schedule.ts';

/** Rows for a table: what each job did last and does next, as seen at `now` (ms UTC). The first row is the heading. */
export function jobRows(jobs: readonly JobRecord[], now: number): string[][] {
  return [
    ['job', 'schedule', 'state', 'last run', 'last success', 'next run', 'log'],
    ...jobs.map((job) => [
      job.name,
      job.schedule,
      describeState(job),
      job.lastEnd === null ? '-' : `${job.lastEnd.text}, ${ago(job.lastEnd.at, now)}`,
      job.lastSuccessAt === null ? '-' : ago(job.lastSuccessAt, now),
      describeNext(job.schedule, now),
      job.log,
    ]),
  ];
}

/** A job that has not ended a run yet has not failed either. */
export function hasJobFailed(job: JobRecord): boolean {
  return job.lastEnd?.isSuccess === false;
}

function describeState(job: JobRecord): string {
  const runs = job.pids.length;
  const state = runs === 0 ? 'waiting' : runs === 1 ? 'running' : `${runs} running`;
  return hasJobFailed(job) ? `FAILED, ${state}` : state;
}

function describeNext(schedule: string, now: number): string {
  const next = nextRunAt(schedule, now);
  return next === undefined ? 'never' : `in ${duration(next - now)}`;
}

function ago(at: string, now: number): string {
  return `${duration(now - Date.parse(at))} ago`;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

function duration(ms: number): string {
  if (ms < 2 * MINUTE_MS) return `${Math.max(0, Math.round(ms / 1_000))} s`;
  if (ms < 2 * HOUR_MS) return `${Math.round(ms / MINUTE_MS)} min`;
  return `${Math.round(ms / HOUR_MS)} h`;
}
