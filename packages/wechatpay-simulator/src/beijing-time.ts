const BEIJING_OFFSET_MS = 8 * 3_600_000;

/** RFC 3339 in +08:00 with whole seconds, as WeChat Pay writes every time: `2025-07-12T00:57:19+08:00`. */
export function toBeijingTime(epochMs: number): string {
  return `${new Date(epochMs + BEIJING_OFFSET_MS).toISOString().slice(0, 19)}+08:00`;
}

/** The day of `epochMs` in Beijing as `YYYYMMDD`. */
export function toBeijingDay(epochMs: number): string {
  return toBeijingTime(epochMs).slice(0, 10).replaceAll('-', '');
}
