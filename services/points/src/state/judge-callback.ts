import { fromUtcText } from '@payguard/shared/database/multi-row';
import { fromShopTime } from '@payguard/shared/database/shop-time';

/** An order's payment and its first verified callback, both cut to the second, as success_time is. */
export type PaidMoment = {
  /** The shop's local time. */
  payment_time: string;
  /** UTC; null: none came. */
  callback_at: string | null;
};

/** ms UTC; `from` belongs to it, `to` does not. */
export type PaidWindow = { from: number; to: number; shopTimeZone: string };

export type CallbackVerdict = 'in_time' | 'late' | 'missing';

/** So long a callback may take: payguard's promise for a payment is a credit within a minute. */
export const CALLBACK_GRACE_MS = 60_000;

/**
 * Whether the callback of an order that was paid in the window came within 60 s of its success_time (60 s after is in
 * time, 61 s is late; before it counts as in time, clocks differ). A missing one may still come and is then late. Where
 * clocks go back, payments of the hour that comes twice count as its first pass, and so lie elsewhere in the second.
 */
export function judgeCallback(moment: PaidMoment, window: PaidWindow): CallbackVerdict | 'elsewhere' {
  const paidAt = fromShopTime(moment.payment_time, window.shopTimeZone);
  if (paidAt === null || paidAt < window.from || paidAt >= window.to) return 'elsewhere';
  const callbackAt = fromUtcText(moment.callback_at);
  if (callbackAt === null) return 'missing';
  return callbackAt - paidAt <= CALLBACK_GRACE_MS ? 'in_time' : 'late';
}
