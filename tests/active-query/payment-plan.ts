import { checkIntervalMs } from '@payguard/shared/rules/next-check';
import { createRandom } from '../exactly-once/random.ts';

/** An order and its payment; times in ms UTC. */
export type PlannedPayment = {
  outTradeNo: string;
  createdAt: number;
  /** When the payer pays; the callback is lost. */
  paidAt: number;
  /** When poll would ask about it next, at the moment it is put in. */
  firstCheckAt: number;
};

export type PaymentPlan = {
  seed: number;
  orders: number;
  prefix: string;
  /** Ages at the payment, log-uniform between these two. */
  shortestAgeMs: number;
  longestAgeMs: number;
  startAt: number;
  /**
   * `created`: the orders come one by one within `withinMs` and each is paid at its age, however long that takes.
   * `paid`: all payments come within `withinMs`; orders that would be older than the run are put in at its start with the
   * next check where poll would have it by then.
   */
  spread: 'created' | 'paid';
  withinMs: number;
  /** With `paid`: from the start to the first payment, so that what is measured is in its stride. */
  leadMs?: number;
};

/** As the order API plans a new order's first look. */
const FIRST_CHECK_MS = 5_000;

/** The same seed, the same orders. In the order of their creation. */
export function planPayments(plan: PaymentPlan): PlannedPayment[] {
  const random = createRandom(plan.seed);
  const payments = Array.from({ length: plan.orders }, (_, n): PlannedPayment => {
    const outTradeNo = plan.prefix + String(n).padStart(6, '0');
    const ageMs = ageAt((n + random.between(0, 1)) / plan.orders, plan);
    const at = plan.startAt + (plan.leadMs ?? 0) + random.between(0, plan.withinMs);
    const createdAt = Math.round(plan.spread === 'created' ? at : at - ageMs);
    const paidAt = Math.round(createdAt + ageMs);
    const ageAtStart = plan.startAt - createdAt;
    const isOlder = ageAtStart > FIRST_CHECK_MS;
    const phase = random.between(0, 1);
    const firstCheckAt = isOlder ? plan.startAt + phase * checkIntervalMs(ageAtStart, 0.5) : createdAt + FIRST_CHECK_MS;
    return { outTradeNo, createdAt, paidAt, firstCheckAt: Math.round(firstCheckAt) };
  });
  return payments.toSorted((a, b) => a.createdAt - b.createdAt);
}

/** Log-uniform. One order for each equal part of the distribution: a small run has the ages of a large one. */
function ageAt(quantile: number, { shortestAgeMs, longestAgeMs }: PaymentPlan): number {
  return shortestAgeMs * (longestAgeMs / shortestAgeMs) ** quantile;
}
