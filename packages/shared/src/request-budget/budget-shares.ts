/** Who asks WeChat Pay, and how much of a merchant's requests per second it may count on. */
export const SHARE_PERCENT = { poll: 70, checkout: 25, operators: 5 } as const;

export type BudgetShare = keyof typeof SHARE_PERCENT;

export const BUDGET_SHARES: readonly BudgetShare[] = ['poll', 'checkout', 'operators'];

/** Between two requests of a share, in microseconds. */
export function slotIntervalUs(share: BudgetShare, requestsPerSecond: number): number {
  return Math.ceil(100_000_000 / (SHARE_PERCENT[share] * requestsPerSecond));
}
