import { toBeijingDay } from '../beijing-time.ts';
import { deriveBytes, toAlphanumeric, toDigits } from '../seeded-bytes.ts';
import type { BillDay } from './bill-day.ts';
import type { BillAddition } from './bill-faults.ts';
import type { BillLine } from './bill-line.ts';
import { feeOf } from './fee.ts';

const HALF_DAY_MS = 12 * 3_600_000;

/** Whose bill it is. */
export interface BillOwner {
  readonly mchid: string;
  readonly appid: string;
}

/** The line of a payment, or a refund, that never was. What the addition leaves open is drawn from its numbers. */
export function foreignLine(addition: BillAddition, day: BillDay, { mchid, appid }: BillOwner): BillLine {
  const { outTradeNo, total, at, transactionId, outRefundNo } = addition;
  const bytes = deriveBytes('foreign-line', mchid, day.date, outTradeNo, outRefundNo ?? '');
  const atMs = at === undefined ? day.startMs + HALF_DAY_MS : Date.parse(at);
  const payment: BillLine = {
    atMs,
    mchid,
    appid,
    deviceId: '',
    transactionId: transactionId ?? `42000${toDigits(bytes, 5)}${toBeijingDay(atMs)}${toDigits(bytes.subarray(5), 10)}`,
    outTradeNo,
    openid: `o${toAlphanumeric(bytes, 27)}`,
    tradeType: 'NATIVE',
    bankType: 'OTHERS',
    description: outTradeNo,
    attach: '',
    total,
    settlementTotal: total,
    couponTotal: 0,
    fee: feeOf(total),
    refund: undefined,
    altered: undefined,
  };
  if (outRefundNo === undefined) return payment;
  const refund = addition.refund ?? total;
  return {
    ...payment,
    total: 0,
    settlementTotal: 0,
    fee: -feeOf(refund),
    refund: {
      refundId: `5030${toDigits(bytes.subarray(15), 6)}${toBeijingDay(atMs)}${toDigits(bytes.subarray(21), 11)}`,
      outRefundNo,
      refund,
      settlementRefund: refund,
      status: 'SUCCESS',
      successMs: atMs,
    },
  };
}
