import { Webhook } from 'standardwebhooks';

/** Signs with the bytes of a secret; `new Webhook` itself takes its text, whsec_ and base64. */
export function webhookOfKey(key: Uint8Array): Webhook {
  return new Webhook(key, { format: 'raw' });
}

/** What a post signed as Standard Webhooks has it carries (standardwebhooks.com). `at`: ms UTC, sent in whole seconds. */
export function signedHeaders(
  webhook: Webhook,
  { id, at, body }: { id: string; at: number; body: string },
): Record<string, string> {
  return {
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at / 1_000)),
    'webhook-signature': webhook.sign(id, new Date(at), body),
  };
}
