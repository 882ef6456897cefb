import type { OrderStatus } from './map-legacy-status.ts';

/** A ledger row of type recharge that names the order. */
export type RechargeRow = {
  id: number;
  createdAt: string;
  balanceAfter: number;
  /** Set when this is the user's newest row: the user's balance now, and the one the row before it left. */
  newest: { userBalance: number; balanceBefore: number } | null;
};

export type Finding =
  /** Paid, but the customer got no points: the incident itself. */
  | 'paid_without_recharge'
  /** Refunded, but no points were ever given: its payment, told again, must not give them now. */
  | 'refunded_without_recharge'
  /** Points were given, but the order is not paid: the repair's SQL stopped half-way. */
  | 'recharged_not_paid'
  /** The ledger says that points were given, the balance does not: the repair's SQL stopped one statement later. */
  | 'recharge_not_in_balance'
  /** Points were given twice or more: the repair's SQL ran again. */
  | 'recharged_twice';

export type Classification = {
  /** The recharge row that proves the credit; null = not credited. */
  credit: RechargeRow | null;
  finding: Finding | null;
};

/**
 * Decides what an order from before payguard is: credited, open, or something a person must look at (a finding puts a
 * hold on it, and it is never credited by itself). `recharges` are its ledger rows in the order of their ids.
 */
export function classifyOrder(status: OrderStatus, recharges: readonly RechargeRow[]): Classification {
  const [first, ...more] = recharges;
  if (first === undefined) return { credit: null, finding: findingWithoutRecharge(status) };
  if (status !== 'paid' && status !== 'refunded') return { credit: null, finding: 'recharged_not_paid' };
  if (more.length > 0) return { credit: first, finding: 'recharged_twice' };
  return { credit: first, finding: isMissingFromBalance(first) ? 'recharge_not_in_balance' : null };
}

function findingWithoutRecharge(status: OrderStatus): Finding | null {
  if (status === 'paid') return 'paid_without_recharge';
  return status === 'refunded' ? 'refunded_without_recharge' : null;
}

/**
 * The incident's SQL wrote the ledger row first and the balance last. Killed between the two, the user's balance is
 * still what it was before the row. Only visible while the row is the user's newest.
 */
function isMissingFromBalance(row: RechargeRow): boolean {
  if (row.newest === null) return false;
  const { userBalance, balanceBefore } = row.newest;
  return userBalance === balanceBefore && userBalance !== row.balanceAfter;
}
