import { z } from 'zod';

/**
 * WeChat Pay's field types, parsed once at the edge and trusted inside. Lengths and alphabets: merchant API pages
 * 4012791861 (payment notification), 4012791865 (refund notification) and 4012791877 (prepay).
 */

/** Merchant number, digits only. */
export const mchidSchema = z
  .string()
  .regex(/^\d{1,32}$/, 'must be a merchant number of digits')
  .brand<'Mchid'>();
export type Mchid = z.infer<typeof mchidSchema>;

export const appidSchema = z.string().min(1).max(32).brand<'Appid'>();
export type Appid = z.infer<typeof appidSchema>;

/** The merchant's order number: 6-32 characters of [0-9A-Za-z_-|*], case-sensitive. */
export const outTradeNoSchema = z
  .string()
  .regex(/^[0-9A-Za-z_\-|*]{6,32}$/, 'must be 6-32 characters of 0-9 A-Z a-z _ - | *')
  .brand<'OutTradeNo'>();
export type OutTradeNo = z.infer<typeof outTradeNoSchema>;

/** WeChat Pay's number of a payment. */
export const transactionIdSchema = z.string().min(1).max(32).brand<'TransactionId'>();
export type TransactionId = z.infer<typeof transactionIdSchema>;

/** An amount of money in fen (1/100 CNY): an integer, never a float, zero or more. */
export const fenSchema = z.int().min(0).brand<'Fen'>();
export type Fen = z.infer<typeof fenSchema>;

/** A payment's amount: at least one fen. */
export const paidFenSchema = z.int().min(1).brand<'Fen'>();

export const currencySchema = z.string().regex(/^[A-Z]{3}$/, 'must be a three-letter currency code');

/** RFC 3339 with an offset; fractional seconds are allowed (combined payments have them). */
export const rfc3339Schema = z.iso.datetime({ offset: true });

export const refundStatusSchema = z.enum(['PROCESSING', 'SUCCESS', 'CLOSED', 'ABNORMAL']);
export type RefundStatus = z.infer<typeof refundStatusSchema>;
