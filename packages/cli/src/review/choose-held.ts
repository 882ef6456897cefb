import type { PaymentDecision } from '@payguard/shared/events/payment-decision';
import { BadInput } from '../command.ts';
import type { OrderHere } from '../repair/find-orders.ts';
import type { HeldPayment } from './held-payments.ts';

export type Verdict = PaymentDecision['verdict'];
export type HeldWithPayment = HeldPayment & { transactionId: string };

/**
 * The payment that a verdict is about. Throws BadInput when the order is credited or sent back, when nothing is held, when
 * it is not clear which payment is meant, or when a verdict stands that this one cannot change. A dismissal has done
 * nothing yet, and may be overruled; a credit or refund is under way.
 */
export function chooseHeld(
  order: OrderHere,
  held: readonly HeldPayment[],
  wanted: { verdict: Verdict; transactionId: string | null },
): HeldWithPayment {
  const name = order.out_trade_no;
  if (order.credited_at !== null) {
    throw new BadInput(`${name} is credited already (${order.credited_at}Z): a refund goes by the order API.`);
  }
  if (order.refunds > 0) throw new BadInput(`${name} has been sent back already: there is nothing left to decide.`);
  const payments = held.filter(hasPayment);
  const [chosen, ...others] = payments.filter(
    ({ transactionId }) => wanted.transactionId === null || transactionId === wanted.transactionId,
  );
  if (chosen === undefined) throw new BadInput(whyNothing(name, held, wanted.transactionId));
  if (others.length > 0) {
    const ids = [chosen, ...others].map(({ transactionId }) => transactionId).join(', ');
    throw new BadInput(`${name} has several payments held (${ids}): give --transaction.`);
  }
  const stands = chosen.verdict;
  if (stands === null || stands.verdict === wanted.verdict || stands.verdict === 'dismiss') return chosen;
  throw new BadInput(
    `${stands.by} has decided to ${stands.verdict} ${name} at ${stands.decided_at} (${stands.reason}): that stands.`,
  );
}

function hasPayment(held: HeldPayment): held is HeldWithPayment {
  return held.transactionId !== null;
}

function whyNothing(name: string, held: readonly HeldPayment[], transactionId: string | null): string {
  const [first] = held;
  if (first === undefined) return `Nothing is held of ${name}: payguard review list shows what is.`;
  if (first.transactionId !== null) return `Of ${name} no payment ${transactionId} is held: see payguard review list.`;
  return `${name} is on hold (${first.why}), but no payment of it is known: payguard repair --order ${name} asks WeChat Pay.`;
}
