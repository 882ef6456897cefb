import { setTimeout as wait } from 'node:timers/promises';
import { z } from 'zod';

const messageSchema = z.object({
  seq: z.int(),
  channel: z.string(),
  receivedAt: z.iso.datetime(),
  title: z.string(),
  text: z.string(),
});
const answerSchema = z.object({ messages: z.array(messageSchema) });
export type Message = z.output<typeof messageSchema>;

/** All in one message may be far apart; a look each 100 ms costs nothing. */
const POLL_MS = 100;
const CALL_TIMEOUT_MS = 5_000;

/** What mail server and robots hold, in order of arrival. */
export async function receivedMessages(receiversUrl: string): Promise<Message[]> {
  const answer = await fetch(`${receiversUrl}/messages`, { signal: AbortSignal.timeout(CALL_TIMEOUT_MS) });
  return answerSchema.parse(await answer.json()).messages;
}

/** The first message of each channel that says all of `words`, once each has one. Throws after `timeoutMs`. */
export async function firstMessages(
  receiversUrl: string,
  channels: readonly string[],
  words: readonly (string | RegExp)[],
  timeoutMs: number,
): Promise<Message[]> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const messages = await receivedMessages(receiversUrl);
    const first = channels.flatMap(
      (channel) => messages.find((message) => message.channel === channel && saysAll(message, words)) ?? [],
    );
    if (first.length === channels.length) return first;
    if (performance.now() > deadline) {
      const told = messages.map(({ channel, title }) => `${channel}: ${title}`).join('; ');
      throw new Error(
        `After ${timeoutMs / 1000} s only ${first.length} of ${channels.join(', ')} were told ${words.join(' ')}; messages: ${told || 'none'}`,
      );
    }
    await wait(POLL_MS);
  }
}

/** Seconds from `since` (ms UTC) to the last of these messages, to a tenth. */
export function secondsUntil(messages: readonly Message[], since: number): number {
  const last = Math.max(...messages.map(({ receivedAt }) => Date.parse(receivedAt)));
  return Math.round((last - since) / 100) / 10;
}

function saysAll({ title, text }: Message, words: readonly (string | RegExp)[]): boolean {
  const all = `${title}\n${text}`;
  return words.every((word) => (typeof word === 'string' ? all.includes(word) : word.test(all)));
}
