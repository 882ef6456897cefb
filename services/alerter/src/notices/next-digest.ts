import type { AlertsFile } from '@payguard/shared/alerting/alerts-file';
import { fromShopTime, toShopTime } from '@payguard/shared/database/shop-time';

type Digest = NonNullable<AlertsFile['digest']>;

const DAY_MS = 86_400_000;

/**
 * The first of the digest's times of day after `now` (both ms UTC). Where clocks go forward over it, it comes as much
 * later; where they go back, at the first of the two.
 */
export function nextDigestAt(now: number, { at, timeZone }: Pick<Digest, 'at' | 'timeZone'>): number {
  // Local days are 23 to 25 hours long: today, tomorrow and the day after surely hold the next one.
  const days = [0, 1, 2].map((day) => localDate(now, timeZone, day));
  const times = days.flatMap((date) => at.map((time) => fromShopTime(`${date} ${time}:00`, timeZone)));
  const next = times.filter((time) => time !== null && time > now).sort((a, b) => Number(a) - Number(b))[0];
  return next ?? now + DAY_MS;
}

function localDate(now: number, timeZone: string, daysOn: number): string {
  const today = Date.parse(`${toShopTime(now, timeZone).slice(0, 10)}T00:00:00Z`);
  return new Date(today + daysOn * DAY_MS).toISOString().slice(0, 10);
}
