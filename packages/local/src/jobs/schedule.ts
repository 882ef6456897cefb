import { Cron } from 'croner';

/** Cron fields are read in this zone, as the chart's CronJobs do: bills are due by it. */
const TIME_ZONE = 'Asia/Shanghai';

/** Calls `onDue` at each time of the schedule. */
export function followSchedule(schedule: string, onDue: () => void): { stop(): void } {
  const cron = new Cron(schedule, { timezone: TIME_ZONE }, onDue);
  return { stop: () => cron.stop() };
}

/** The first time of the schedule after `after` (ms UTC both); undefined when none will come. */
export function nextRunAt(schedule: string, after: number): number | undefined {
  return new Cron(schedule, { timezone: TIME_ZONE }).nextRun(new Date(after))?.getTime();
}
