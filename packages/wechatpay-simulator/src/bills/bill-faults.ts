import { z } from 'zod';
import { instantSchema, outTradeNoSchema, totalSchema } from '../orders/order-rules.ts';
import { outRefundNoSchema } from '../refunds/refund-rules.ts';
import { BILL_COLUMNS, isAmountColumn } from './bill-columns.ts';
import { parseBillDay } from './bill-day.ts';

/** More than anybody writes by hand; by rate there is no limit. */
const MAX_LINES = 1_000;
/** So many answers in a row outlast any client that tries again. */
const MAX_ANSWERS = 1_000;

/** A line by its number: out_trade_no or transaction_id of a payment, out_refund_no or refund_id of a refund. */
const numberSchema = z.string().min(1).max(64);
const share = z.number().min(0).max(1);

const alterationSchema = z
  .strictObject({
    number: numberSchema,
    column: z.enum(BILL_COLUMNS, { error: 'is no column of a trade bill' }),
    /** As it stands in the file, without the backtick. */
    value: z
      .string()
      .max(128)
      .regex(/^[^,\r\n]*$/, { error: 'may hold no comma and no line break' }),
  })
  .refine(({ column, value }) => !isAmountColumn(column) || /^-?\d{1,12}\.\d{2}(000)?$/.test(value), {
    path: ['value'],
    error: 'must be yuan with two decimals, as in 1.00, in a column of amounts',
  });

const additionSchema = z
  .strictObject({
    outTradeNo: outTradeNoSchema,
    /** Fen; of the payment, or of the order whose refund is added. */
    total: totalSchema,
    /** Noon of the bill's day when left out. */
    at: instantSchema.optional(),
    transactionId: z
      .string()
      .regex(/^[0-9]{1,32}$/, { error: 'must be 1 to 32 digits' })
      .optional(),
    /** With it the line is a refund. */
    outRefundNo: outRefundNoSchema.optional(),
    /** Fen; all of the total when left out. */
    refund: totalSchema.optional(),
  })
  .refine(({ outRefundNo, refund }) => refund === undefined || outRefundNo !== undefined, {
    path: ['outRefundNo'],
    error: 'is missing; a refund has one',
  });

const ratesSchema = z
  .strictObject({
    seed: z.string().min(1).max(200),
    leaveOut: share.default(0),
    alter: share.default(0),
    add: share.default(0),
    postpone: share.default(0),
  })
  .refine(({ leaveOut, alter, add, postpone }) => leaveOut + alter + add + postpone <= 1 + Number.EPSILON, {
    error: 'add up to more than 1; a line has at most one fault by rate',
  });

/** What is wrong with the bill of one day, or, without billDate, with every day's that has no faults of its own. */
export const billFaultsSchema = z
  .strictObject({
    billDate: z
      .string()
      .refine((text) => parseBillDay(text) !== undefined, { error: 'must be a day as YYYY-MM-DD' })
      .optional(),
    leaveOut: z.array(numberSchema).max(MAX_LINES).default([]),
    /** Left out here and written into the next day's bill, as payments near midnight may be (facts §3.5). */
    postpone: z.array(numberSchema).max(MAX_LINES).default([]),
    alter: z.array(alterationSchema).max(MAX_LINES).default([]),
    add: z.array(additionSchema).max(MAX_LINES).default([]),
    rates: ratesSchema.optional(),
    /** STATEMENT_CREATING until then. */
    lateUntil: instantSchema.optional(),
    /** So many applications are answered with a wrong hash_value. */
    wrongHash: z.int().min(1).max(MAX_ANSWERS).optional(),
    /** So many downloads end at half the file. */
    cutShort: z.int().min(1).max(MAX_ANSWERS).optional(),
  })
  .refine(({ billDate, add }) => billDate !== undefined || add.length === 0, {
    path: ['billDate'],
    error: 'is missing; added lines belong to one day',
  });

export type BillFaults = z.output<typeof billFaultsSchema>;
export type BillAddition = z.output<typeof additionSchema>;
export type BillFaultRates = z.output<typeof ratesSchema>;
