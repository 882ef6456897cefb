import { z } from 'zod';
import { rfc3339Schema } from '../rules/wechat-fields.ts';

/** One callback as it arrived. */
const callbackLogEntrySchema = z.object({
  received_at: rfc3339Schema.describe('When its first byte was read'),
  client_ip: z.string().describe('Sender, as the ingress says'),
  headers: z
    .record(z.string(), z.string())
    .describe('The Wechatpay-* headers, Request-ID, User-Agent and Content-Type'),
  body: z.string().describe('Raw body, as body_encoding says; cut at 2 KiB when refused'),
  body_encoding: z
    .enum(['utf8', 'base64'])
    .describe('utf8 wherever the bytes are UTF-8, so that they come back exactly'),
  body_truncated: z.boolean().describe('True when the body was cut'),
  status: z.int().describe('HTTP status answered'),
  outcome: z.string().describe('What came of it: published, or why it was refused'),
  out_trade_no: z.string().nullable().describe("The merchant's order number, where it could be read"),
  duration_ms: z.number().describe('First byte to answer'),
});
export type CallbackLogEntry = z.infer<typeof callbackLogEntrySchema>;

/**
 * Callbacks as they arrived, for the operators' log: several in one record, since a record each would cost as much as the
 * callback itself (docs/adr/0002). Best effort: it never changes what WeChat Pay is answered.
 */
export const callbackLogSchema = z.object({ entries: z.array(callbackLogEntrySchema) });
export type CallbackLog = z.infer<typeof callbackLogSchema>;
