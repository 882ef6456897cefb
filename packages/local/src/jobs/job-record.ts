import { z } from 'zod';

/** What is known of a job's runs since the timetable started; a part of run.json. */
export const jobRecordSchema = z.object({
  name: z.string(),
  /** Cron fields in Asia/Shanghai. */
  schedule: z.string(),
  log: z.string(),
  /** Of the runs under way. */
  pids: z.array(z.int()),
  /** Started, and left out because too many were under way. */
  started: z.int().min(0),
  leftOut: z.int().min(0),
  lastStartedAt: z.iso.datetime().nullable(),
  lastSuccessAt: z.iso.datetime().nullable(),
  /** Of the run that ended last; `exitCode` is null after a signal. */
  lastEnd: z
    .object({
      at: z.iso.datetime(),
      isSuccess: z.boolean(),
      exitCode: z.int().nullable(),
      /** For people: "exit code 1", "signal SIGKILL". */
      text: z.string(),
    })
    .nullable(),
});

export type JobRecord = z.output<typeof jobRecordSchema>;

export function newJobRecord(job: { name: string; schedule: string; logFile: string }): JobRecord {
  return {
    name: job.name,
    schedule: job.schedule,
    log: job.logFile,
    pids: [],
    started: 0,
    leftOut: 0,
    lastStartedAt: null,
    lastSuccessAt: null,
    lastEnd: null,
  };
}
