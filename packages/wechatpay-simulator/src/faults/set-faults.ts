import type { SimulatorParts } from '../simulator-parts.ts';
import { planLatePayment } from './late-payment.ts';
import {
  type OrderFaultInput,
  orderFaultsSchema,
  type RefundNumberFaultInput,
  refundNumberFaultsSchema,
} from './order-fault.ts';

/**
 * Sets what befalls an order: its payment, that one's notification, its next refund. Whether the order exists yet does not
 * matter; orders of this number of all merchants have them. False when no more can be kept; throws a ZodError for faults
 * that make no sense.
 */
export function setOrderFaults(parts: SimulatorParts, outTradeNo: string, faults: readonly OrderFaultInput[]): boolean {
  if (!parts.faultPlan.setForOrder(outTradeNo, orderFaultsSchema.parse(faults))) return false;
  for (const mchid of parts.merchants.keys()) {
    const order = parts.orders.find(mchid, outTradeNo);
    if (order !== undefined) planLatePayment(parts, order);
  }
  return true;
}

/** Sets what befalls a refund and its notification, whether it exists yet or not. As `setOrderFaults` otherwise. */
export function setRefundFaults(
  parts: SimulatorParts,
  outRefundNo: string,
  faults: readonly RefundNumberFaultInput[],
): boolean {
  return parts.faultPlan.setForRefund(outRefundNo, refundNumberFaultsSchema.parse(faults));
}
