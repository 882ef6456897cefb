import { join } from 'node:path';
import type { Job } from '../jobs/job.ts';
import { REPOSITORY, reconcilerEnvironment, type ServiceAccess } from './service-programs.ts';

const MINUTE_MS = 60_000;

type TimetableEntry = {
  name: string;
  schedule: string;
  runsAtStart: boolean;
  maxAtOnce: number;
  deadlineMs: number;
  env: Record<string, string>;
};

/** The chart's CronJobs, at the same times; each is a subcommand of the reconciler. */
const TIMETABLE: readonly TimetableEntry[] = [
  {
    name: 'poll',
    schedule: '* * * * *',
    runsAtStart: true,
    // A poll ends within its minute, by itself at second 55: a third one under way, or twice the minute, is one that hangs.
    maxAtOnce: 3,
    deadlineMs: 2 * MINUTE_MS,
    env: {},
  },
  {
    name: 'probe',
    schedule: '*/10 * * * *',
    runsAtStart: true,
    maxAtOnce: 1,
    // One URL takes 15 s at most.
    deadlineMs: MINUTE_MS,
    // The gateway here is on this machine, where no real WeChat Pay could reach it.
    env: { ALLOW_LOCAL_NOTIFY_URL: 'true' },
  },
];

const RECONCILER = 'services/reconciler/src/main.ts';

/** The jobs of a system, ready to be run. */
export function timetableJobs(stateDir: string, access: ServiceAccess): Job[] {
  return TIMETABLE.map((entry) => ({
    ...entry,
    command: process.execPath,
    args: [join(REPOSITORY, RECONCILER), entry.name],
    env: { ...reconcilerEnvironment(access), ...entry.env },
    logFile: join(stateDir, 'logs', `${entry.name}.log`),
  }));
}
