import type { Bills } from './bills/bills.ts';
import type { Clock } from './clock/clock.ts';
import type { FaultPlan } from './faults/fault-plan.ts';
import type { Merchants } from './merchants/open-merchants.ts';
import type { Deliveries } from './notifications/deliveries.ts';
import type { Slots } from './notifications/slots.ts';
import type { OrderBook } from './orders/order-book.ts';
import type { RefundBook } from './refunds/refund-book.ts';
import type { Keeper } from './state/keeper.ts';

/** What one simulator is made of; what its routes are given. */
export interface SimulatorParts {
  readonly merchants: Merchants;
  readonly clock: Clock;
  readonly orders: OrderBook;
  readonly refunds: RefundBook;
  readonly bills: Bills;
  readonly faultPlan: FaultPlan;
  readonly deliveries: Deliveries;
  readonly slots: Slots;
  /** Is told what changes in all of these; see state/. */
  readonly keeper: Keeper;
  /** Where notifications of orders made through the control API go when these name no URL. */
  readonly defaultNotifyUrl: string | undefined;
  /** Where payers' browsers reach the simulator; throws before listen(). */
  publicUrl(): string;
  /** Where the keys are kept; undefined when they live in memory only. */
  readonly keysDir: string | undefined;
}
