import { toBeijingTime } from '../beijing-time.ts';
import type { BillLine } from './bill-line.ts';
import { RATE_TEXT } from './fee.ts';

export const BILL_TYPES = ['ALL', 'SUCCESS', 'REFUND'] as const;
export type BillType = (typeof BILL_TYPES)[number];

/** Every column that a line can have, in the order of a REFUND bill, which has them all (format-trade.html). */
export const BILL_COLUMNS = [
  '交易时间',
  '公众账号ID',
  '商户号',
  '特约商户号',
  '设备号',
  '微信订单号',
  '商户订单号',
  '用户标识',
  '交易类型',
  '交易状态',
  '付款银行',
  '货币种类',
  '应结订单金额',
  '代金券金额',
  '退款申请时间',
  '退款成功时间',
  '微信退款单号',
  '商户退款单号',
  '退款金额',
  '充值券退款金额',
  '退款类型',
  '退款状态',
  '商品名称',
  '商户数据包',
  '手续费',
  '费率',
  '订单金额',
  '申请退款金额',
  '费率备注',
] as const;

export type BillColumn = (typeof BILL_COLUMNS)[number];

const REFUND_TIMES: readonly BillColumn[] = ['退款申请时间', '退款成功时间'];
const REFUND_DETAILS: readonly BillColumn[] = [
  '微信退款单号',
  '商户退款单号',
  '退款金额',
  '充值券退款金额',
  '退款类型',
  '退款状态',
  '申请退款金额',
];
const AMOUNTS: readonly BillColumn[] = [
  '应结订单金额',
  '代金券金额',
  '退款金额',
  '充值券退款金额',
  '手续费',
  '订单金额',
  '申请退款金额',
];

function without(...left: BillColumn[]): readonly BillColumn[] {
  return BILL_COLUMNS.filter((column) => !left.includes(column));
}

/** 27, 20 and 29 of them (format-trade.html). */
export const COLUMNS: Readonly<Record<BillType, readonly BillColumn[]>> = {
  ALL: without(...REFUND_TIMES),
  SUCCESS: without(...REFUND_TIMES, ...REFUND_DETAILS),
  REFUND: BILL_COLUMNS,
};

/** Whether a column holds yuan. */
export function isAmountColumn(column: BillColumn): boolean {
  return AMOUNTS.includes(column);
}

/** How each column is written, without the backtick in front; the constants stand so in the samples of real bills. */
const WRITERS: Readonly<Record<BillColumn, (line: BillLine) => string>> = {
  交易时间: (line) => toBillTime(line.atMs),
  公众账号ID: (line) => line.appid,
  商户号: (line) => line.mchid,
  特约商户号: () => '0',
  设备号: (line) => line.deviceId,
  微信订单号: (line) => line.transactionId,
  商户订单号: (line) => line.outTradeNo,
  用户标识: (line) => line.openid,
  交易类型: (line) => line.tradeType,
  交易状态: (line) => (line.refund === undefined ? 'SUCCESS' : 'REFUND'),
  付款银行: (line) => line.bankType,
  货币种类: () => 'CNY',
  应结订单金额: (line) => toYuan(line.settlementTotal),
  代金券金额: (line) => toYuan(line.couponTotal),
  退款申请时间: (line) => (line.refund === undefined ? '' : toBillTime(line.atMs)),
  退款成功时间: ({ refund }) => (refund?.successMs === undefined ? '' : toBillTime(refund.successMs)),
  微信退款单号: (line) => line.refund?.refundId ?? '0',
  商户退款单号: (line) => line.refund?.outRefundNo ?? '0',
  退款金额: (line) => toYuan(line.refund?.settlementRefund ?? 0),
  // Prepaid coupons are not simulated.
  充值券退款金额: () => toYuan(0),
  退款类型: (line) => (line.refund === undefined ? '' : 'ORIGINAL'),
  退款状态: (line) => line.refund?.status ?? '',
  商品名称: (line) => escapeText(line.description),
  商户数据包: (line) => escapeText(line.attach),
  手续费: (line) => toFeeYuan(line.fee),
  费率: () => RATE_TEXT,
  订单金额: (line) => toYuan(line.total),
  申请退款金额: (line) => toYuan(line.refund?.refund ?? 0),
  费率备注: () => '',
};

/** The text of a column, as a fault may have changed it. */
export function writeCell(line: BillLine, column: BillColumn): string {
  return line.altered?.get(column) ?? WRITERS[column](line);
}

/** Whether a line belongs into a bill of this type. */
export function isOfType(line: BillLine, type: BillType): boolean {
  return type === 'ALL' || (line.refund === undefined) === (type === 'SUCCESS');
}

function toBillTime(epochMs: number): string {
  return toBeijingTime(epochMs).slice(0, 19).replace('T', ' ');
}

/** Fen as yuan with two decimals. */
export function toYuan(fen: number | bigint): string {
  const isNegative = fen < 0;
  const digits = String(isNegative ? -fen : fen).padStart(3, '0');
  return `${isNegative ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Fees have five decimals, of which the last three are 0 in every published sample. */
export function toFeeYuan(fen: number | bigint): string {
  return `${toYuan(fen)}000`;
}

/** Commas and line breaks of the merchant's texts may not break the file (facts: `,` becomes `\ `; not seen in a real one). */
function escapeText(text: string): string {
  return text.replaceAll(',', '\\ ').replaceAll(/\r\n|\r|\n/g, '\\n');
}
