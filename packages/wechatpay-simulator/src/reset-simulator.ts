import type { SimulatorParts } from './simulator-parts.ts';

/**
 * Forgets all orders, refunds, notifications, faults and rates, and resolves when no send is under way. Keys and time stay.
 * Takes up to the answer deadline of a send (5 s); those in line are not sent any more.
 */
export async function resetSimulator(parts: SimulatorParts): Promise<void> {
  const { clock, deliveries, orders, refunds, bills, faultPlan, keeper } = parts;
  deliveries.abandonAll();
  clock.clear();
  orders.clear();
  refunds.clear();
  bills.clear();
  faultPlan.clear();
  keeper.emptied();
  await clock.idle();
}
