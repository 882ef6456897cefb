import type { Job } from './job.ts';
import { type JobRecord, newJobRecord } from './job-record.ts';
import { followSchedule } from './schedule.ts';
import { type JobRun, type RunEnd, startRun } from './start-run.ts';

export type Timetable = {
  /** A record for each job, as it is now. */
  records(): JobRecord[];
  /** Starts no further run and ends those under way. Resolves when they are gone; can be called twice. */
  stop(): Promise<void>;
};

export type TimetableOptions = {
  jobs: readonly Job[];
  /** A line for each run that failed or was left out. */
  onEvent(line: string): void;
  /** A record has changed. */
  onChange(): void;
  /** The owner's register of children (`StateOwner.registerChild`). */
  registerChild(name: string, pid: number): void;
};

/** Runs each job at the times of its schedule until stop(): what CronJobs do in a cluster. */
export function runTimetable(options: TimetableOptions): Timetable {
  const followed = options.jobs.map((job) => followJob(job, options));
  return {
    records: () => followed.map(({ record }) => record()),
    async stop() {
      await Promise.all(followed.map((job) => job.stop()));
    },
  };
}

function followJob(job: Job, options: TimetableOptions) {
  const record = newJobRecord(job);
  const runs = new Set<JobRun>();
  let isStopping = false;

  const onDue = (): void => {
    if (isStopping) return;
    if (runs.size < job.maxAtOnce) {
      start();
    } else {
      record.leftOut += 1;
      options.onEvent(
        `${job.name} is not started this time: ${runs.size} runs are still under way, see ${job.logFile}`,
      );
    }
    options.onChange();
  };

  const start = (): void => {
    record.started += 1;
    record.lastStartedAt = new Date().toISOString();
    try {
      const run = startRun(job, (pid) => options.registerChild(job.name, pid));
      runs.add(run);
      void run.ended.then((end) => {
        runs.delete(run);
        note(end);
      });
    } catch (error) {
      const text = `cannot be started: ${error instanceof Error ? error.message : String(error)}`;
      note({ isSuccess: false, exitCode: null, text, lastWords: [] });
    }
  };

  const note = (end: RunEnd): void => {
    const at = new Date().toISOString();
    const { isSuccess, exitCode, text } = end;
    record.lastEnd = { at, isSuccess, exitCode, text };
    if (isSuccess) record.lastSuccessAt = at;
    else if (!isStopping) options.onEvent(describeFailure(job, end));
    options.onChange();
  };

  const schedule = followSchedule(job.schedule, onDue);
  if (job.runsAtStart) onDue();
  return {
    record: (): JobRecord => ({ ...record, pids: [...runs].flatMap(({ pid }) => pid ?? []) }),
    async stop(): Promise<void> {
      isStopping = true;
      schedule.stop();
      await Promise.all([...runs].map((run) => run.stop()));
    },
  };
}

function describeFailure(job: Job, { text, lastWords }: RunEnd): string {
  const quote = lastWords.length === 0 ? '' : `: ${lastWords.join(' | ')}`;
  return `${job.name} failed (${text}), see ${job.logFile}${quote}`;
}
