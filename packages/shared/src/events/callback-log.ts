import { z } from 'zod';
import { rfc3339Schema } from '../rules/wechat-fields.ts';

/** One callback as it arrived, for the operators' log. Best effort: it never changes what WeChat Pay is answered. */
export const callbackLogSchema = z.object({
  received_at: rfc3339Schema.describe('When its first byte was read'),
  client_ip: z.string().describe('Sender, as the ingress says'),
  headers: z
    .record(z.string(), z.string())
    .describe('The Wechatpay-* headers, Request-ID, User-Agent and Content-Type'),
  body: z.string().describe('Raw body, base64; cut at 2 KiB when refused'),
  body_truncated: z.boolean().describe('True when the body was cut'),
  status: z.int().describe('HTTP status answered'),
  outcome: z.string().describe('What came of it: published, or why it was refused'),
  out_trade_no: z.string().nullable().describe("The merchant's order number, where it could be read"),
  duration_ms: z.number().describe('First byte to answer'),
});
export type CallbackLog = z.infer<typeof callbackLogSchema>;
