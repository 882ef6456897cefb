import { type BillColumn, writeCell } from './bill-columns.ts';
import type { BillDay } from './bill-day.ts';
import type { BillAddition, BillFaults } from './bill-faults.ts';
import { type BillLine, numbersOf } from './bill-line.ts';
import { drawBillFault, type LineFault } from './draw-bill-fault.ts';
import { type BillOwner, foreignLine } from './foreign-line.ts';

export type BillLineFaultName = 'bill_left_out' | 'bill_postponed' | 'bill_altered' | 'bill_added';

/** Is told of each fault as it is applied; `line` is as it truly is, or the added one. */
export type OnLineFault = (fault: BillLineFaultName, line: BillLine, detail?: string) => void;

/** A day's own lines as its bill shows them, and those that its bill leaves to the next day's. */
export interface SpoiltLines {
  readonly lines: readonly BillLine[];
  readonly postponed: readonly BillLine[];
}

/** Applies a day's faults to its true lines. A line that the faults name gets these, and none by rate. */
export function spoilLines(
  trueLines: readonly BillLine[],
  faults: BillFaults,
  day: BillDay,
  owner: BillOwner,
  onFault: OnLineFault,
): SpoiltLines {
  const lines: BillLine[] = [];
  const postponed: BillLine[] = [];
  const named = namedFaults(faults);

  function add(addition: BillAddition): void {
    const line = foreignLine(addition, day, owner);
    onFault('bill_added', line);
    lines.push(line);
  }

  for (const line of trueLines) {
    const fault = named(line) ?? drawBillFault(faults.rates, line);
    switch (fault.kind) {
      case 'none':
        lines.push(line);
        break;
      case 'leave_out':
        onFault('bill_left_out', line);
        break;
      case 'postpone':
        onFault('bill_postponed', line);
        postponed.push(line);
        break;
      case 'alter':
        onFault('bill_altered', line, describeChanges(line, fault.changes));
        lines.push({ ...line, altered: fault.changes });
        break;
      case 'add':
        lines.push(line);
        add(fault);
        break;
    }
  }
  for (const addition of faults.add) add(addition);
  return { lines, postponed };
}

/** The fault of a line that is named by one of its numbers; undefined when it is not. */
function namedFaults(faults: BillFaults): (line: BillLine) => LineFault | undefined {
  const byNumber = new Map<string, LineFault>();
  for (const { number, column, value } of faults.alter) {
    const known = byNumber.get(number);
    const changes = known?.kind === 'alter' ? known.changes : [];
    byNumber.set(number, { kind: 'alter', changes: new Map<BillColumn, string>([...changes, [column, value]]) });
  }
  for (const number of faults.postpone) byNumber.set(number, { kind: 'postpone' });
  for (const number of faults.leaveOut) byNumber.set(number, { kind: 'leave_out' });
  return (line) => {
    const [merchants, wechats] = numbersOf(line);
    return byNumber.get(merchants) ?? byNumber.get(wechats);
  };
}

function describeChanges(line: BillLine, changes: ReadonlyMap<BillColumn, string>): string {
  return [...changes].map(([column, value]) => `${column} ${writeCell(line, column)} became ${value}`).join('; ');
}
