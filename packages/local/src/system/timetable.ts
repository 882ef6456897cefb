import { join } from 'node:path';
import type { Job } from '../jobs/job.ts';
import { REPOSITORY, reconcilerEnvironment, type ServiceAccess } from './service-programs.ts';

/** The chart's CronJobs, at the same times. */
const TIMETABLE = [
  { name: 'poll', schedule: '* * * * *', main: 'services/reconciler/src/main.ts', args: ['poll'], runsAtStart: true },
] as const;

/** A poll ends within its minute: a third one under way already says that runs hang. */
const MAX_AT_ONCE = 3;
/** The poll's own end is second 55 of its minute; twice the minute is a run that hangs. */
const DEADLINE_MS = 120_000;

/** The jobs of a system, ready to be run. */
export function timetableJobs(stateDir: string, access: ServiceAccess): Job[] {
  return TIMETABLE.map(({ name, schedule, runsAtStart, main, args }) => ({
    name,
    schedule,
    runsAtStart,
    maxAtOnce: MAX_AT_ONCE,
    deadlineMs: DEADLINE_MS,
    command: process.execPath,
    args: [join(REPOSITORY, main), ...args],
    env: reconcilerEnvironment(access),
    logFile: join(stateDir, 'logs', `${name}.log`),
  }));
}
