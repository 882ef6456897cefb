import type { SimulatorParts } from '../simulator-parts.ts';
import type { BillLine } from './bill-line.ts';
import type { BillLineFaultName } from './spoil-lines.ts';

export type BillFaultName = BillLineFaultName | 'bill_late' | 'bill_wrong_hash' | 'bill_cut_short';

/** A fault of a bill as it happened: to a line of it, or to the bill as a whole. */
export interface BillFault {
  readonly mchid: string;
  readonly billDate: string;
  readonly fault: BillFaultName;
  readonly line?: BillLine | undefined;
  readonly detail?: string | undefined;
}

/** Writes down what a reader of the bill should have found; the detail begins with the day of the bill. */
export function recordBillFault(parts: SimulatorParts, { mchid, billDate, fault, line, detail }: BillFault): void {
  parts.faultPlan.record({
    atMs: parts.clock.now(),
    target: 'bill',
    mchid,
    outTradeNo: line?.outTradeNo,
    outRefundNo: line?.refund?.outRefundNo,
    fault,
    detail: detail === undefined ? billDate : `${billDate}: ${detail}`,
  });
}
