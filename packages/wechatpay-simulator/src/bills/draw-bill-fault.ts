import { deriveBytes, toDigits, toFraction } from '../seeded-bytes.ts';
import { type BillColumn, toYuan, writeCell } from './bill-columns.ts';
import type { BillFaultRates } from './bill-faults.ts';
import type { BillLine } from './bill-line.ts';

/** One yuan: enough to be seen in every sum, little enough to be overlooked by eye. */
const MAX_AMOUNT_CHANGE_FEN = 100;

/** What happens to one line. */
export type LineFault =
  | { readonly kind: 'none' | 'leave_out' | 'postpone' }
  | { readonly kind: 'alter'; readonly changes: ReadonlyMap<BillColumn, string> }
  /** The line stays, and beside it stands a payment that never was. */
  | { readonly kind: 'add'; readonly outTradeNo: string; readonly total: number };

const NONE: LineFault = { kind: 'none' };

/** The fault of a line by rate. Depends on the seed, the rates and the line's number only. */
export function drawBillFault(rates: BillFaultRates | undefined, line: BillLine): LineFault {
  if (rates === undefined) return NONE;
  const kind = line.refund === undefined ? 'payment' : 'refund';
  const bytes = deriveBytes(rates.seed, 'bill', kind, line.mchid, line.refund?.outRefundNo ?? line.outTradeNo);
  let remainder = toFraction(bytes);
  if (remainder < rates.leaveOut) return { kind: 'leave_out' };
  remainder -= rates.leaveOut;
  if (remainder < rates.postpone) return { kind: 'postpone' };
  remainder -= rates.postpone;
  if (remainder < rates.alter) return { kind: 'alter', changes: drawChanges(line, bytes) };
  remainder -= rates.alter;
  if (remainder < rates.add) {
    return { kind: 'add', outTradeNo: `FOREIGN${toDigits(bytes.subarray(8), 20)}`, total: 1 + bytes.readUInt16BE(4) };
  }
  return NONE;
}

/** Each as often: another amount, another state, another number of WeChat Pay's, another number of the merchant's. */
function drawChanges(line: BillLine, bytes: Buffer): ReadonlyMap<BillColumn, string> {
  const isPayment = line.refund === undefined;
  switch (bytes.readUInt8(4) % 4) {
    case 0: {
      const more = 1 + (bytes.readUInt8(5) % MAX_AMOUNT_CHANGE_FEN);
      return isPayment
        ? new Map([
            ['订单金额', toYuan(line.total + more)],
            ['应结订单金额', toYuan(line.settlementTotal + more)],
          ])
        : new Map([
            ['申请退款金额', toYuan((line.refund?.refund ?? 0) + more)],
            ['退款金额', toYuan((line.refund?.settlementRefund ?? 0) + more)],
          ]);
    }
    case 1:
      return isPayment
        ? new Map([['交易状态', 'REVOKED']])
        : new Map([['退款状态', line.refund?.status === 'SUCCESS' ? 'FAIL' : 'SUCCESS']]);
    case 2:
      return withLastChanged(line, isPayment ? '微信订单号' : '微信退款单号', '0', '1');
    default:
      // Letters, because the digits may lead to the merchant's next order.
      return withLastChanged(line, isPayment ? '商户订单号' : '商户退款单号', 'X', 'Y');
  }
}

function withLastChanged(
  line: BillLine,
  column: BillColumn,
  end: string,
  otherEnd: string,
): ReadonlyMap<BillColumn, string> {
  const number = writeCell(line, column);
  return new Map([[column, number.slice(0, -1) + (number.endsWith(end) ? otherEnd : end)]]);
}
