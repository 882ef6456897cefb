export type OrderStatus = 'pending' | 'paid' | 'failed' | 'cancelled' | 'refunded' | 'expired';

/** WeChat Pay's trade states (APIv3, query order) and payguard's own names, without regard to case. */
const STATUS_BY_NAME = new Map<string, OrderStatus>([
  ['', 'pending'],
  ['notpay', 'pending'],
  ['userpaying', 'pending'],
  ['success', 'paid'],
  ['payerror', 'failed'],
  ['closed', 'cancelled'],
  ['revoked', 'cancelled'],
  ['refund', 'refunded'],
  ['pending', 'pending'],
  ['paid', 'paid'],
  ['failed', 'failed'],
  ['cancelled', 'cancelled'],
  ['refunded', 'refunded'],
  ['expired', 'expired'],
]);

/** The status a shop wrote, as payguard names it; null when the word is unknown. */
export function mapLegacyStatus(status: string | null): OrderStatus | null {
  return STATUS_BY_NAME.get((status ?? '').trim().toLowerCase()) ?? null;
}
