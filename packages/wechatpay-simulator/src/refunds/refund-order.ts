import { takeRefundCourse } from '../faults/refund-course.ts';
import type { Order } from '../orders/order.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { FinalRefundStatus, Refund, RefundTerms } from './refund.ts';
import type { PlaceRefundOutcome } from './refund-book.ts';

/** Long enough for a caller to see PROCESSING first, as it usually does; short enough to wait for. */
const SETTLE_AFTER_MS = 3_000;

/** Takes in a refund; its money is on its way when this returns, and it settles on the simulator's clock. */
export function refundOrder(
  parts: SimulatorParts,
  order: Order,
  terms: RefundTerms,
  request: string,
): PlaceRefundOutcome {
  const nowMs = parts.clock.now();
  const outcome = parts.refunds.place(order, terms, request, nowMs);
  if (outcome.kind === 'placed') planSettlement(parts, outcome.refund);
  return outcome;
}

function planSettlement(parts: SimulatorParts, refund: Refund): void {
  const { settleAfterMs, status } = takeRefundCourse(parts, refund, SETTLE_AFTER_MS);
  refund.course = { settlesAtMs: refund.createdAtMs + settleAfterMs, status };
  parts.keeper.refundChanged(refund);
  followCourse(parts, refund);
}

/** Settles the refund as planned, unless somebody does so by hand before; also of one read back from a file. */
export function followCourse(parts: SimulatorParts, refund: Refund): void {
  const { course } = refund;
  if (course === undefined) return;
  parts.clock.schedule(course.settlesAtMs, async () => {
    // An ABNORMAL one does not become SUCCESS by itself.
    if (refund.status === 'PROCESSING') settleRefund(parts, refund, course.status);
  });
}

/**
 * Ends a refund and notifies the merchant. An ABNORMAL one can still become SUCCESS or CLOSED by a person's doing (page
 * 4013071193); false when it was final already.
 */
export function settleRefund(parts: SimulatorParts, refund: Refund, status: FinalRefundStatus): boolean {
  if (refund.status !== 'PROCESSING' && !(refund.status === 'ABNORMAL' && status !== 'ABNORMAL')) return false;
  refund.status = status;
  refund.settledAtMs = parts.clock.now();
  parts.keeper.refundChanged(refund);
  notifyRefund(parts, refund, status);
  return true;
}

/**
 * With a notify_url the result goes there as an APIv3 notification. Without one, or for a refund made by hand in the
 * merchant platform, it goes to the URL set in that platform, as v2 XML (page 4013071200), or nowhere.
 */
function notifyRefund(parts: SimulatorParts, refund: Refund, status: FinalRefundStatus): void {
  const { order, terms } = refund;
  const merchant = parts.merchants.get(order.terms.mchid);
  if (merchant === undefined) return;
  const faults = parts.faultPlan.faultsForRefund(terms.outRefundNo);
  const v2Url = parts.refunds.v2NotifyUrlOf(order.terms.mchid);
  if (terms.notifyUrl !== undefined) {
    parts.deliveries.start({ kind: 'refund', refund, status, notifyUrl: terms.notifyUrl }, merchant, faults);
  } else if (v2Url !== undefined) {
    parts.deliveries.start({ kind: 'refund_v2', refund, status, notifyUrl: v2Url }, merchant, faults);
  }
}
