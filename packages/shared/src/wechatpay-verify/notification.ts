import { z } from 'zod';
import {
  appidSchema,
  currencySchema,
  mchidSchema,
  outTradeNoSchema,
  paidFenSchema,
  rfc3339Schema,
  transactionIdSchema,
} from '../rules/wechat-fields.ts';

/** The outer body of a notification (page 4012791861). Unknown fields are ignored: new ones appear without notice. */
export const notificationSchema = z.object({
  id: z.string().min(1).max(36),
  event_type: z.string().min(1).max(64),
  resource: z.object({
    algorithm: z.literal('AEAD_AES_256_GCM'),
    ciphertext: z.string().min(1),
    nonce: z.string(),
    associated_data: z.string().default(''),
  }),
});

/** The decrypted resource of TRANSACTION.SUCCESS (page 4012791861). */
export const transactionSchema = z.object({
  appid: appidSchema,
  mchid: mchidSchema,
  out_trade_no: outTradeNoSchema,
  transaction_id: transactionIdSchema,
  trade_state: z.literal('SUCCESS'),
  success_time: rfc3339Schema,
  amount: z.object({ total: paidFenSchema, currency: currencySchema }),
});
export type Transaction = z.infer<typeof transactionSchema>;

/** The decrypted resource of REFUND.SUCCESS, REFUND.ABNORMAL and REFUND.CLOSED (page 4012791865). */
export const refundSchema = z.object({
  mchid: mchidSchema,
  out_trade_no: outTradeNoSchema,
  transaction_id: transactionIdSchema,
  out_refund_no: z.string().min(1).max(64),
  refund_id: z.string().min(1).max(32),
  refund_status: z.enum(['SUCCESS', 'CLOSED', 'ABNORMAL']),
  success_time: rfc3339Schema.optional(),
  amount: z.object({ total: paidFenSchema, refund: paidFenSchema }),
});
export type Refund = z.infer<typeof refundSchema>;
