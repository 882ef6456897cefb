import { Webhook } from 'standardwebhooks';
import type { NewMessage } from '../inbox.ts';
import { parseObject } from '../robots/robot.ts';

export type WebhookVerdict =
  | { kind: 'taken'; message: NewMessage }
  | { kind: 'refused'; status: number; reason: string };

/** Verifies a Standard Webhooks signature (id, timestamp within five minutes, body) and reads the JSON body. */
export function takeWebhook(
  channel: 'webhook' | 'shop',
  secret: string,
  { headers, body }: { headers: Readonly<Record<string, string>>; body: string },
): WebhookVerdict {
  try {
    new Webhook(secret).verify(body, { ...headers }, { jsonParse: false });
  } catch (err) {
    return { kind: 'refused', status: 401, reason: err instanceof Error ? err.message : 'not signed' };
  }
  const data = parseObject(body);
  if (data === undefined) return { kind: 'refused', status: 400, reason: 'not a JSON object' };
  const text = typeof data.text === 'string' ? data.text : JSON.stringify(data, null, 2);
  const title = typeof data.text === 'string' ? (text.split('\n')[0] ?? '') : String(data.type ?? '');
  const id = headers['webhook-id'] ?? null;
  return {
    kind: 'taken',
    message: { channel, title, text, html: null, id, bytes: Buffer.byteLength(body), details: data },
  };
}
