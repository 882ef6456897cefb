/**
 * Points to take back now, after `refundedTotal` of `amountTotal` (fen) has been refunded in all: the refunded share
 * of the order's points, rounded down, less what was taken before. The refund that completes the total takes the rest.
 */
export function pointsToTake(order: {
  points: number;
  refundedTotal: number;
  amountTotal: number;
  alreadyTaken: number;
}): number {
  // BigInt: points times fen can pass 2^53.
  const due = (BigInt(order.points) * BigInt(order.refundedTotal)) / BigInt(order.amountTotal);
  return Math.max(0, Number(due) - order.alreadyTaken);
}
