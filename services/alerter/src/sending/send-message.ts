import { setTimeout as delay } from 'node:timers/promises';
import type { AlertChannel, AlertMessage, SendOutcome } from '@payguard/shared/alerting/alert-message';
import { inSharedSpans } from '@payguard/shared/telemetry/tracing';
import type { ChannelWorld } from './channel-world.ts';

/** A channel answers within 15 s; one that breaks this promise must not stop its loop for ever. */
export const SEND_TIMEOUT_MS = 17_000;

/** One attempt, measured, and seen in the traces that its notices come from. Never throws, ends within 17 s. */
export async function sendMessage(
  { channel, metrics }: ChannelWorld,
  message: AlertMessage,
  parents: readonly string[],
): Promise<SendOutcome> {
  const end = metrics.startDelivery(channel.name);
  const outcome = await inSharedSpans('alert send', { kind: 'client', parents }, async (spans) => {
    const answered = await sendWithin(channel, message);
    const { kind, code } = answered;
    spans.setAttributes(() => ({ 'payguard.channel': channel.name, 'payguard.outcome': kind, 'payguard.code': code }));
    return answered;
  });
  end(outcome);
  return outcome;
}

async function sendWithin(channel: AlertChannel, message: AlertMessage): Promise<SendOutcome> {
  const timer = new AbortController();
  const late = delay(SEND_TIMEOUT_MS, undefined, { signal: timer.signal }).then(
    (): SendOutcome => ({ kind: 'failed', code: 'timeout', detail: `no outcome within ${SEND_TIMEOUT_MS} ms` }),
  );
  late.catch(() => undefined);
  try {
    return await Promise.race([channel.send(message), late]);
  } catch (err) {
    // Only the kind of error: its text could hold the address, which holds a robot's secret.
    return { kind: 'failed', code: 'other', detail: err instanceof Error ? err.name : 'unknown error' };
  } finally {
    timer.abort();
  }
}
