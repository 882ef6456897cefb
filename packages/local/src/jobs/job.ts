/** A program that ends by itself and is run by the timetable: what a CronJob is in the chart. */
export type Job = {
  name: string;
  /** Cron fields in Asia/Shanghai: minute, hour, day, month, weekday; seconds may stand before them. */
  schedule: string;
  /** One run as soon as the timetable starts, too. */
  runsAtStart: boolean;
  /** Runs overlap (concurrencyPolicy Allow), but no more than this many: one more is left out. */
  maxAtOnce: number;
  /** A run that takes longer is ended and counts as failed (activeDeadlineSeconds). */
  deadlineMs: number;
  command: string;
  args: string[];
  /** The whole environment of a run. */
  env: Record<string, string>;
  logFile: string;
};
