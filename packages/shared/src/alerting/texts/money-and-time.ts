const FEN_PER_YUAN = 100;
/** China has no daylight saving time, and payguard's first year is long after it last had. */
const BEIJING_OFFSET_MS = 8 * 3_600_000;
const MINUTE_MS = 60_000;
const MINUTES_PER_HOUR = 60;
const HOURS_PER_DAY = 24;
/** What a Date can hold (ECMAScript, time values). */
const MAX_TIME_MS = 8.64e15 - BEIJING_OFFSET_MS;

/** Fen as yuan, exact: 12345 is 123.45. */
export function yuanOf(fen: number): string {
  const absolute = Math.abs(fen);
  const rest = absolute % FEN_PER_YUAN;
  return `${fen < 0 ? '-' : ''}${(absolute - rest) / FEN_PER_YUAN}.${String(rest).padStart(2, '0')}`;
}

/** ms UTC as the clock in Asia/Shanghai shows it: 2025-07-12 00:57:19. */
export function beijingTimeOf(ms: number): string {
  if (!(Math.abs(ms) <= MAX_TIME_MS)) return '?';
  return new Date(ms + BEIJING_OFFSET_MS)
    .toISOString()
    .replace('T', ' ')
    .replace(/\.\d+Z$/, '');
}

/** Whole minutes, as days, hours and minutes; a negative length is none. */
export function durationOf(ms: number): { days: number; hours: number; minutes: number } {
  const total = Math.max(0, Math.floor(ms / MINUTE_MS));
  const hours = Math.floor(total / MINUTES_PER_HOUR);
  return { days: Math.floor(hours / HOURS_PER_DAY), hours: hours % HOURS_PER_DAY, minutes: total % MINUTES_PER_HOUR };
}
