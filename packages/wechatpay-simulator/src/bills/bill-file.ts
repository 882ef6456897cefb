import type { Merchant } from '../merchants/merchant.ts';
import type { SimulatorParts } from '../simulator-parts.ts';
import type { BillType } from './bill-columns.ts';
import { type BillDay, dayBefore, isWithin } from './bill-day.ts';
import { type BillLine, paymentLine, refundLine } from './bill-line.ts';
import type { BillFile } from './bills.ts';
import { recordBillFault } from './record-bill-fault.ts';
import { type SpoiltLines, spoilLines } from './spoil-lines.ts';

/**
 * The bill of a day that is over, the same however often it is asked for; undefined when it has no lines of this type.
 * It holds the payments in order of their orders' creation and the refunds in order of request, with the faults set for
 * the day, then what the day before left to it. Its lines are taken when it is first asked for: a payment backdated into
 * the day after that is in no bill, and a refund stays in the state it had.
 */
export function billFile(
  parts: SimulatorParts,
  merchant: Merchant,
  day: BillDay,
  type: BillType,
): BillFile | undefined {
  return parts.bills.file(merchant.mchid, day.date, type, () => billLines(parts, merchant, day));
}

function billLines(parts: SimulatorParts, merchant: Merchant, day: BillDay): readonly BillLine[] {
  const own = takeOwnLines(parts, merchant, day);
  return parts.bills.lines(merchant.mchid, day.date, () => [
    ...own.lines,
    ...leftToNextDay(parts, merchant, dayBefore(day)),
  ]);
}

/** A day is only taken early when its faults leave lines to the next: else nobody has asked for it yet. */
function leftToNextDay(parts: SimulatorParts, merchant: Merchant, day: BillDay): readonly BillLine[] {
  const { postpone, rates } = parts.bills.faults.faultsOf(merchant.mchid, day.date);
  const isTaken = parts.bills.ownLines(merchant.mchid, day.date) !== undefined;
  const leavesSome = isTaken || postpone.length > 0 || (rates?.postpone ?? 0) > 0;
  return leavesSome ? takeOwnLines(parts, merchant, day).postponed : [];
}

function takeOwnLines(parts: SimulatorParts, merchant: Merchant, day: BillDay): SpoiltLines {
  const { bills, clock } = parts;
  const { mchid } = merchant;
  const known = bills.ownLines(mchid, day.date);
  if (known !== undefined) return known;
  const faults = bills.faults.faultsOf(mchid, day.date);
  const own = spoilLines(trueLines(parts, mchid, day), faults, day, merchant, (fault, line, detail) =>
    recordBillFault(parts, { mchid, billDate: day.date, fault, line, detail }),
  );
  bills.keepOwnLines(mchid, day.date, own, clock.now());
  return own;
}

function trueLines(parts: SimulatorParts, mchid: string, day: BillDay): readonly BillLine[] {
  const lines: BillLine[] = [];
  for (const order of parts.orders.all()) {
    const { payment } = order;
    if (payment === undefined || order.terms.mchid !== mchid) continue;
    if (isWithin(day, payment.successTimeMs)) lines.push(paymentLine(order, payment));
  }
  for (const refund of parts.refunds.all()) {
    const { payment, terms } = refund.order;
    if (payment === undefined || terms.mchid !== mchid) continue;
    if (isWithin(day, refund.createdAtMs)) lines.push(refundLine(refund, payment));
  }
  return lines;
}
