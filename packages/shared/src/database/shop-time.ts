/**
 * The shop's DATETIME columns hold local wall-clock times without a zone. These two functions are the only place where
 * such a time becomes an instant or the other way round.
 */

/** Instant (ms, UTC) to the shop's wall clock: 'YYYY-MM-DD HH:MM:SS', cut (not rounded) to the second. */
export function toShopTime(ms: number, timeZone: string): string {
  const wallClock = new Date(Math.floor((ms + offsetAt(ms, timeZone)) / 1000) * 1000);
  return wallClock.toISOString().slice(0, 19).replace('T', ' ');
}

const SHOP_TIME = /^(\d{4})-(\d{2})-(\d{2})[ T](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/;

/**
 * The shop's wall clock to an instant (ms, UTC); null when the text is no time ('0000-00-00 00:00:00', 30 February).
 * A time that exists twice (clocks go back) is the earlier one; one that never existed (clocks go forward) is taken
 * with the offset from before the change, as Temporal's "compatible" does.
 */
export function fromShopTime(text: string, timeZone: string): number | null {
  const wallClock = readWallClock(text);
  if (wallClock === null) return null;
  const before = offsetAt(wallClock - DAY_MS, timeZone);
  const after = offsetAt(wallClock + DAY_MS, timeZone);
  const candidates = [wallClock - before, wallClock - after].filter((ms) => ms + offsetAt(ms, timeZone) === wallClock);
  return candidates.length > 0 ? Math.min(...candidates) : wallClock - before;
}

const DAY_MS = 86_400_000;

/** The wall clock's numbers as if they were UTC. */
function readWallClock(text: string): number | null {
  const match = SHOP_TIME.exec(text);
  if (match === null) return null;
  const [, year, month, day, hour, minute, second, fraction] = match;
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.${(fraction ?? '').padEnd(3, '0').slice(0, 3)}Z`;
  const ms = Date.parse(iso);
  // Date.parse takes 30 February for 1 March: what it read must be what was written.
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) return null;
  return ms;
}

/** Offsets by zone and minute: no zone has changed within a minute since 1970, and payments come minute by minute. */
const offsets = new Map<string, number>();
const MAX_CACHED_OFFSETS = 10_000;
const MINUTE_MS = 60_000;

/** Local time minus UTC at this instant, in ms. */
function offsetAt(ms: number, timeZone: string): number {
  if (ms < 0) return computeOffset(ms, timeZone);
  const minute = `${timeZone} ${Math.floor(ms / MINUTE_MS)}`;
  const known = offsets.get(minute);
  if (known !== undefined) return known;
  if (offsets.size >= MAX_CACHED_OFFSETS) offsets.clear();
  const offset = computeOffset(ms, timeZone);
  offsets.set(minute, offset);
  return offset;
}

function computeOffset(ms: number, timeZone: string): number {
  const parts = new Map<string, number>();
  for (const { type, value } of formatterFor(timeZone).formatToParts(ms)) parts.set(type, Number(value));
  const part = (name: string): number => parts.get(name) ?? 0;
  const local = Date.UTC(part('year'), part('month') - 1, part('day'), part('hour'), part('minute'), part('second'));
  return local - Math.floor(ms / 1000) * 1000;
}

/** Building a formatter costs 50 times its use; a process meets one or two zones. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const created = new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, created);
  return created;
}

/** True when this machine knows the zone by that name (IANA, as in Asia/Shanghai). */
export function isTimeZone(name: string): boolean {
  try {
    formatterFor(name);
    return true;
  } catch {
    return false;
  }
}
