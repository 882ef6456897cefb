import { z } from 'zod';

/** An unpaid order lives for seven days unless time_expire says less (page 4012791877). */
export const DEFAULT_ORDER_LIFE_MS = 7 * 24 * 3_600_000;
/** time_expire must leave the payer at least a minute. */
const MIN_ORDER_LIFE_MS = 60_000;
/** The Native page says 7 days, others 15; the stricter one holds here. */
const MAX_ORDER_LIFE_MS = DEFAULT_ORDER_LIFE_MS;

export function isAllowedExpiry(expiresAtMs: number, nowMs: number): boolean {
  const lifeMs = expiresAtMs - nowMs;
  return lifeMs >= MIN_ORDER_LIFE_MS && lifeMs <= MAX_ORDER_LIFE_MS;
}

/** 6 to 32 of these characters (page 4012791877). */
export const outTradeNoSchema = z.string().regex(/^[0-9A-Za-z_\-|*]{6,32}$/, {
  error: 'must be 6 to 32 characters of 0-9 A-Z a-z _ - | *',
});

export const totalSchema = z
  .int({ error: 'must be an integer number of fen' })
  .min(1, { error: 'must be at least 1 fen' });

/** WeChat Pay wants https; a simulator on one's own machine also speaks to http receivers. */
export const notifyUrlSchema = z
  .string({ error: 'is missing; give the URL that receives the notification' })
  .max(255, { error: 'is longer than 255 characters' })
  .refine(isNotifyUrl, { error: 'must be a full http or https URL without a query string' });

export const descriptionSchema = z.string({ error: 'is missing' }).min(1).max(127);
export const attachSchema = z.string().max(128);
/** RFC 3339 with an offset, as `2025-07-12T00:57:19+08:00`. */
export const instantSchema = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 time with an offset' });

function isNotifyUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') && !text.includes('?');
}
