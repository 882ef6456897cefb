import { type Refusal, refusal } from '../refusal.ts';
import { isTimeZone } from '../shop-time.ts';

/** What payguard cannot know about orders that were there before it. */
export type LegacyOptions = {
  mchid: string | null;
  appid: string | null;
  /** The shop's own column of payment_orders that holds the amount; null = amounts stay unknown. */
  amountColumn: string | null;
  amountUnit: 'fen' | 'yuan';
  /** The zone of the shop's DATETIME columns, as IANA names it. */
  timeZone: string;
  /** Rows in one transaction. */
  batchRows: number;
};

/** The defaults of a shop in China that stores no amounts. */
export const DEFAULT_LEGACY_OPTIONS: LegacyOptions = {
  mchid: null,
  appid: null,
  amountColumn: null,
  amountUnit: 'fen',
  timeZone: 'Asia/Shanghai',
  // Some 50 ms of row locks at a time: the shop goes on selling meanwhile.
  batchRows: 1_000,
};

/** Merchant ids are digits, application ids letters and digits (wechatpay-facts: at most 32 characters each). */
const MCHID = /^\d{1,32}$/;
const APPID = /^\w{1,32}$/;
const COLUMN_NAME = /^\w{1,64}$/;

/** Refuses options that have the wrong form; what they need in the database is the preflight's matter. */
export function checkLegacyOptions(options: LegacyOptions): Refusal[] {
  const refusals: Refusal[] = [];
  if (options.mchid !== null && !MCHID.test(options.mchid)) {
    refusals.push(refusal(`--mchid ${options.mchid} is no merchant id: give the digits that WeChat Pay shows you.`));
  }
  if (options.appid !== null && !APPID.test(options.appid)) {
    refusals.push(refusal(`--appid ${options.appid} is no application id: give one like wx0123456789abcdef.`));
  }
  if (options.amountColumn !== null && !COLUMN_NAME.test(options.amountColumn)) {
    refusals.push(refusal(`--amount-column ${options.amountColumn} is no column name: letters, digits and _ only.`));
  }
  if (!isTimeZone(options.timeZone)) {
    refusals.push(refusal(`--time-zone ${options.timeZone} is unknown: give an IANA name such as Asia/Shanghai.`));
  }
  return refusals;
}
