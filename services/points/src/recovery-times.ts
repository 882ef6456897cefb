import type { Witness } from '@payguard/shared/events/payment-confirmed';
import type { ParkReason } from './decide.ts';
import type { FoldedOrder } from './fold-order.ts';

/** How long a payment waited for its credit, and who saw the payment. */
export type Recovery = { witness: Witness; seconds: number };

/** What waits for a person. */
const HELD: ReadonlySet<ParkReason> = new Set(['late_payment_review', 'credit_hold', 'dismissed']);

/**
 * One for each order that a round has credited, also from what was parked; none for credits of earlier rounds, which are
 * only told again. Where a person's word was waited for, the witness is `manual`: that time is theirs. `now`: ms UTC.
 */
export function recoveriesOf(folded: readonly FoldedOrder[], now: number): Recovery[] {
  return folded.flatMap((order) => {
    const { before, after } = order;
    if (before.creditedAt !== null || after.creditedAt === null || after.paidAt === null) return [];
    const payment = order.ledger.find(({ type }) => type === 'recharge')?.source;
    if (payment?.event.kind !== 'confirmed') return [];
    const wasHeld = order.unparked.some((parked) => parked === payment && HELD.has(parked.reason));
    const witness = wasHeld ? 'manual' : payment.event.data.witness;
    return { witness, seconds: Math.max(0, now - after.paidAt) / 1000 };
  });
}
