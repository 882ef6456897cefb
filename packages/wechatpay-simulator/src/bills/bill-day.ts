import { toBeijingTime } from '../beijing-time.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The bill of a day is made from 09:00 of the next one on and should be fetched after 10:00 (page 4012084430). */
const READY_AT_HOUR = 10;
/** Bills are kept for three months (page 4013071227); counted in calendar months here. */
const KEPT_MONTHS = 3;

/** A day in Beijing, which is what a bill covers. */
export interface BillDay {
  /** `YYYY-MM-DD` */
  readonly date: string;
  /** ms UTC, inclusive. */
  readonly startMs: number;
  /** ms UTC, exclusive. */
  readonly endMs: number;
}

/** The day a `bill_date` names; undefined when it is no day of the calendar in the form YYYY-MM-DD. */
export function parseBillDay(text: string): BillDay | undefined {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return undefined;
  const startMs = Date.parse(`${text}T00:00:00+08:00`);
  // 2025-02-30 is read as 2 March.
  if (Number.isNaN(startMs) || toBeijingTime(startMs).slice(0, 10) !== text) return undefined;
  return { date: text, startMs, endMs: startMs + DAY_MS };
}

export function dayBefore(day: BillDay): BillDay {
  const startMs = day.startMs - DAY_MS;
  return { date: toBeijingTime(startMs).slice(0, 10), startMs, endMs: day.startMs };
}

export function isWithin(day: BillDay, epochMs: number): boolean {
  return epochMs >= day.startMs && epochMs < day.endMs;
}

/** Whether a bill of this day can be asked for: neither today's, nor a future one, nor one older than three months. */
export type BillAge = 'not_over' | 'creating' | 'ready' | 'too_old';

export function ageOf(day: BillDay, nowMs: number): BillAge {
  if (nowMs < day.endMs) return 'not_over';
  if (day.date < oldestBillDate(nowMs)) return 'too_old';
  return nowMs < day.endMs + READY_AT_HOUR * HOUR_MS ? 'creating' : 'ready';
}

/** The oldest `bill_date` that is still kept at `nowMs`. */
export function oldestBillDate(nowMs: number): string {
  const today = new Date(`${toBeijingTime(nowMs).slice(0, 10)}T00:00:00Z`);
  today.setUTCMonth(today.getUTCMonth() - KEPT_MONTHS);
  return today.toISOString().slice(0, 10);
}
