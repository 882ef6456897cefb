import type { Order } from '../orders/order.ts';
import type { CloseOutcome } from '../orders/order-book.ts';
import { payOrder } from '../orders/pay-order.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { CloseRace, PaymentFaultName } from './order-fault.ts';

/**
 * Closes an order as the merchant asks, with the race planned for it, if any: the payment lands just before (and the
 * close finds a paid order), or it comes after a close that succeeded (facts §3.2: SUCCESS seen after closing is paid).
 */
export function closeInRace(parts: SimulatorParts, mchid: string, outTradeNo: string): CloseOutcome {
  const order = parts.orders.find(mchid, outTradeNo);
  const isOpen = order !== undefined && order.payment === undefined && order.closedAtMs === undefined;
  const race = isOpen ? parts.faultPlan.closeRaceOf(outTradeNo) : undefined;
  if (race?.first === 'payment') pay(parts, mchid, outTradeNo, 'close_race_payment_first');
  const outcome = parts.orders.close(mchid, outTradeNo, parts.clock.now());
  if (order !== undefined && race?.first === 'close' && outcome === 'closed') planPayment(parts, order, race);
  return outcome;
}

function planPayment(parts: SimulatorParts, order: Order, race: CloseRace): void {
  const dueMs = parts.clock.now() + race.ms;
  order.plannedPayment = { fault: 'close_race_close_first', dueMs };
  parts.keeper.orderChanged(order);
  awaitPaymentAfterClose(parts, order, dueMs);
}

/** Lets the planned payment come; also that of an order read back from a file. */
export function awaitPaymentAfterClose(parts: SimulatorParts, { terms }: Order, dueMs: number): void {
  parts.clock.schedule(dueMs, async () => {
    pay(parts, terms.mchid, terms.outTradeNo, 'close_race_close_first');
  });
}

function pay(parts: SimulatorParts, mchid: string, outTradeNo: string, fault: PaymentFaultName): void {
  const result = payOrder(parts, { mchid, outTradeNo, late: true });
  if (result.kind !== 'paid') return;
  parts.faultPlan.record({ atMs: parts.clock.now(), target: 'payment', mchid, outTradeNo, fault });
}
