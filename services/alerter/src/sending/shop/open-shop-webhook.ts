import type { SendOutcome } from '@payguard/shared/alerting/alert-message';
import type { ShopWebhookSettings } from '@payguard/shared/alerting/alerts-file';
import { checkPostAddress } from '@payguard/shared/alerting/channels/check-post-address';
import { openPosts, POST_TIMEOUTS } from '@payguard/shared/alerting/channels/http-posts';
import { readSecret } from '@payguard/shared/alerting/channels/read-secret';
import { signedHeaders, webhookOfKey } from '@payguard/shared/alerting/channels/standard-webhook';
import { ConfigError } from '@payguard/shared/config/config-error';

export type SignedPost = { id: string; body: string; at: number };

export type ShopWebhook = {
  /** One attempt, 10 s at most. Never throws; `failed` may pass, whatever the shop answers. */
  post(request: SignedPost): Promise<SendOutcome>;
  close(): Promise<void>;
};

/** Enough for thousands of credits a minute, and few enough for a small shop's server. Each has its connection. */
export const POSTS_AT_ONCE = 8;
/** 24 to 64 bytes (Standard Webhooks, "Signature scheme"). */
const SECRET = /^whsec_([A-Za-z0-9+/]{32,86}={0,2})$/;

/** The shop's address, signed for as Standard Webhooks has it. Throws ConfigError naming the field. */
export function openShopWebhook(settings: ShopWebhookSettings): ShopWebhook {
  checkPostAddress('shop.url', settings.url);
  const webhook = webhookOfKey(readKey(settings.secretFile));
  const url = new URL(settings.url);
  const posts = openPosts(POST_TIMEOUTS, POSTS_AT_ONCE);
  return {
    async post(request) {
      const answer = await posts.post(url, request.body, signedHeaders(webhook, request));
      if (answer.kind === 'failure') return { kind: 'failed', code: answer.code, detail: answer.detail };
      const { status } = answer;
      const code = `http_${status}`;
      if (status >= 200 && status < 300) return { kind: 'sent', code };
      return { kind: 'failed', code, detail: `The shop's server answered ${status}.` };
    },
    close: () => posts.close(),
  };
}

function readKey(path: string): Buffer {
  const [, base64] = SECRET.exec(readSecret(path, 'shop.secretFile')) ?? [];
  if (base64 !== undefined) return Buffer.from(base64, 'base64');
  throw new ConfigError(`shop.secretFile: ${path} must hold whsec_ and 24 to 64 bytes in base64.`);
}
