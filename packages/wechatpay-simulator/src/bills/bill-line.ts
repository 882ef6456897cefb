import { type Order, type Payment, payerTotalOf } from '../orders/order.ts';
import type { Refund, RefundStatus } from '../refunds/refund.ts';
import type { BillColumn } from './bill-columns.ts';
import { feeOf } from './fee.ts';

/** One line of a trade bill: a payment, or a refund of one. Amounts in fen, times in ms UTC. */
export interface BillLine {
  /** A payment's success, or a refund's application (format-trade.html). */
  readonly atMs: number;
  readonly mchid: string;
  readonly appid: string;
  readonly deviceId: string;
  readonly transactionId: string;
  readonly outTradeNo: string;
  readonly openid: string;
  readonly tradeType: string;
  readonly bankType: string;
  readonly description: string;
  readonly attach: string;
  /** Order amount; 0 on a refund's line. */
  readonly total: number;
  /** What of it is settled with the merchant: less than `total` by the coupons that it gave itself. */
  readonly settlementTotal: number;
  /** All coupons; which kinds the column counts is not documented, v2's coupon_fee counts all. */
  readonly couponTotal: number;
  /** May be negative: a refund gives its fee back. */
  readonly fee: number;
  readonly refund: RefundPart | undefined;
  /** Columns whose text a fault has changed. */
  readonly altered: ReadonlyMap<BillColumn, string> | undefined;
}

export interface RefundPart {
  readonly refundId: string;
  readonly outRefundNo: string;
  /** What was asked for. */
  readonly refund: number;
  /** Of what was settled. */
  readonly settlementRefund: number;
  readonly status: BillRefundStatus;
  /** Only once it has succeeded. */
  readonly successMs: number | undefined;
}

/** The bill's own words for how a refund stands (format-trade.html); not those of the refund API. */
export type BillRefundStatus = 'SUCCESS' | 'PROCESSING' | 'FAIL' | 'CHANGE';

/** Which of the API's states is which of the bill's is not documented; these are the nearest. */
const BILL_STATUS: Readonly<Record<RefundStatus, BillRefundStatus>> = {
  SUCCESS: 'SUCCESS',
  PROCESSING: 'PROCESSING',
  ABNORMAL: 'CHANGE',
  CLOSED: 'FAIL',
};

/** The numbers by which a fault may name a line: a payment's for a payment, a refund's for a refund. */
export function numbersOf(line: BillLine): readonly [merchants: string, wechats: string] {
  const { refund } = line;
  return refund === undefined ? [line.outTradeNo, line.transactionId] : [refund.outRefundNo, refund.refundId];
}

export function paymentLine(order: Order, payment: Payment): BillLine {
  const { total } = order.terms;
  const settlementTotal = payerTotalOf(total, payment);
  return {
    ...commonFields(order, payment),
    atMs: payment.successTimeMs,
    total,
    settlementTotal,
    couponTotal: total - settlementTotal,
    fee: feeOf(settlementTotal),
    refund: undefined,
  };
}

/** A refund as it stands now; once written, its line is never brought up to date (format-trade.html). */
export function refundLine(refund: Refund, payment: Payment): BillLine {
  const { terms } = refund;
  const settlementRefund = terms.refund - refund.discountRefund;
  return {
    ...commonFields(refund.order, payment),
    atMs: refund.createdAtMs,
    total: 0,
    settlementTotal: 0,
    couponTotal: 0,
    fee: -feeOf(settlementRefund),
    refund: {
      refundId: refund.refundId,
      outRefundNo: terms.outRefundNo,
      refund: terms.refund,
      settlementRefund,
      status: BILL_STATUS[refund.status],
      successMs: refund.status === 'SUCCESS' ? refund.settledAtMs : undefined,
    },
  };
}

function commonFields({ terms }: Order, payment: Payment) {
  return {
    mchid: terms.mchid,
    appid: terms.appid,
    deviceId: terms.deviceId ?? '',
    transactionId: payment.transactionId,
    outTradeNo: terms.outTradeNo,
    openid: payment.openid,
    tradeType: terms.tradeType,
    bankType: payment.bankType,
    description: terms.description,
    attach: terms.attach ?? '',
    altered: undefined,
  };
}
