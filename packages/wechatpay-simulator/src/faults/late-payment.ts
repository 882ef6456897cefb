import type { Order } from '../orders/order.ts';
import { payOrder } from '../orders/pay-order.ts';
import type { SimulatorParts } from '../simulator-parts.ts';

/**
 * Plans the payment after time_expire that is set or drawn for this order, if any: the payer is the fault, nobody needs
 * to pay. It comes unless the order is paid by then or the fault has been set otherwise.
 */
export function planLatePayment(parts: SimulatorParts, order: Order): void {
  const dueMs = dueMsOf(parts, order);
  if (dueMs === undefined || order.payment !== undefined) return;
  order.plannedPayment = { fault: 'late_payment', dueMs };
  parts.keeper.orderChanged(order);
  awaitLatePayment(parts, order, dueMs);
}

/** Lets the planned payment come; also that of an order read back from a file. */
export function awaitLatePayment(parts: SimulatorParts, order: Order, dueMs: number): void {
  parts.clock.schedule(dueMs, async () => {
    if (dueMsOf(parts, order) === dueMs) payLate(parts, order);
  });
}

function dueMsOf(parts: SimulatorParts, { terms }: Order): number | undefined {
  const fault = parts.faultPlan.latePaymentOf(terms.outTradeNo);
  return fault === undefined ? undefined : terms.expiresAtMs + fault.ms;
}

function payLate(parts: SimulatorParts, { terms }: Order): void {
  const { mchid, outTradeNo } = terms;
  const result = payOrder(parts, { mchid, outTradeNo, late: true });
  if (result.kind !== 'paid') return;
  parts.faultPlan.record({ atMs: parts.clock.now(), target: 'payment', mchid, outTradeNo, fault: 'late_payment' });
}
