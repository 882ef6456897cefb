import type { Finding } from '@payguard/shared/database/legacy-upgrade/classify-order';

/** Why the upgrade holds an order, for people. */
export const FINDING_TEXT: Record<Finding, string> = {
  paid_without_recharge: 'paid, but no points were given',
  refunded_without_recharge: 'refunded, and no points were ever given',
  recharged_not_paid: 'points were given, but the order is not paid',
  recharge_not_in_balance: 'the ledger has the points, the user’s balance does not',
  recharged_twice: 'points were given more than once',
};
