import type { Webhook } from 'standardwebhooks';
import { systemClock } from '../../clock/clock.ts';
import type { AlertChannel, SendOutcome } from '../alert-message.ts';
import type { WebhookSettings } from '../alerts-file.ts';
import { webhookBody } from '../texts/formats/webhook-json.ts';
import type { ChannelOptions } from './channel-options.ts';
import { openPosts, type PostAnswer } from './http-posts.ts';
import { noAnswerOutcome } from './robot-outcome.ts';
import { signedHeaders } from './standard-webhook.ts';

/** Of what a receiver may ask for. */
const MIN_RETRY_AFTER_MS = 1_000;
const MAX_RETRY_AFTER_MS = 600_000;
const REQUEST_TIMEOUT = 408;
const TOO_MANY_REQUESTS = 429;

/** A program of yours: JSON, signed as Standard Webhooks are (standardwebhooks.com). */
export function openWebhookChannel(
  settings: WebhookSettings,
  { webhook }: { webhook: Webhook },
  options: ChannelOptions,
): AlertChannel {
  const posts = openPosts(options.timeouts.post);
  const url = new URL(settings.url);
  return {
    name: options.name,
    async send(message): Promise<SendOutcome> {
      const body = webhookBody(message, options);
      const now = systemClock.now();
      const answer = await posts.post(url, body, signedHeaders(webhook, { id: message.id, at: now, body }));
      return webhookOutcome(answer, now);
    },
    close: () => posts.close(),
  };
}

function webhookOutcome(answer: PostAnswer, now: number): SendOutcome {
  if (answer.kind === 'failure') return noAnswerOutcome(answer);
  const { status, retryAfter } = answer;
  const code = `http_${status}`;
  if (status >= 200 && status < 300) return { kind: 'sent', code };
  const detail = `The receiver answered ${status}.`;
  if (status === TOO_MANY_REQUESTS) {
    return { kind: 'throttled', code, detail, retryAfterMs: retryAfterMs(retryAfter, now) };
  }
  // A redirect would carry the message to where nobody has agreed to send it.
  return { kind: status >= 500 || status === REQUEST_TIMEOUT ? 'failed' : 'refused', code, detail };
}

/** Seconds or a date (RFC 9110, 10.2.3), within bounds. */
function retryAfterMs(header: string | undefined, now: number): number {
  const text = header ?? '';
  const asked = /^\d+$/.test(text) ? Number(text) * 1_000 : Date.parse(text) - now;
  return Math.min(MAX_RETRY_AFTER_MS, Math.max(MIN_RETRY_AFTER_MS, Number.isNaN(asked) ? MIN_RETRY_AFTER_MS : asked));
}
