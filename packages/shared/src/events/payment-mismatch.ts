import { createHash } from 'node:crypto';
import { z } from 'zod';
import { rfc3339Schema } from '../rules/wechat-fields.ts';

export const mismatchKindSchema = z.enum([
  'paid_not_recorded',
  'paid_after_close',
  'amount_mismatch',
  'identity_mismatch',
  'unknown_order',
  'duplicate_payment',
  'missing_at_wechat',
  'bill_missing',
  'refund_mismatch',
  'ledger_mismatch',
]);
export type MismatchKind = z.infer<typeof mismatchKindSchema>;

/** WeChat Pay and this system say different things about an order. Its life belongs to the alerter. */
export const paymentMismatchSchema = z.object({
  id: z
    .string()
    .regex(/^[0-9a-f]{32}$/)
    .describe('The same mismatch always has the same id, whoever sees it'),
  kind: mismatchKindSchema.describe('What differs'),
  state: z.enum(['open', 'auto_repaired', 'resolved', 'dismissed']).describe('Moves only forward'),
  mchid: z.string().max(32).describe('Merchant number'),
  out_trade_no: z.string().max(64).nullable().describe("The merchant's order number, where known"),
  transaction_id: z.string().max(64).nullable().describe("WeChat Pay's number of the payment, where known"),
  refund_id: z.string().max(64).nullable().describe("WeChat Pay's number of the refund, where it is about one"),
  system_status: z.string().max(64).describe('What this system says'),
  wechat_status: z.string().max(64).describe('What WeChat Pay says'),
  system_amount: z.int().nullable().describe('Amount in fen here, where known'),
  wechat_amount: z.int().nullable().describe('Amount in fen at WeChat Pay, where known'),
  detected_at: rfc3339Schema.describe('When it was seen'),
  handled_by: z.string().max(128).nullish().describe('Who resolved or dismissed it'),
  handled_reason: z.string().max(500).nullish().describe('Why'),
});
export type PaymentMismatch = z.infer<typeof paymentMismatchSchema>;

/** The id by which every part knows the same mismatch: 32 hex digits over what it is about. */
export function mismatchId(about: {
  kind: MismatchKind;
  mchid: string;
  orderOrTransaction: string;
  refundId?: string;
  episode?: string;
}): string {
  const text = [about.kind, about.mchid, about.orderOrTransaction, about.refundId ?? '', about.episode ?? ''].join(
    '\n',
  );
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}
