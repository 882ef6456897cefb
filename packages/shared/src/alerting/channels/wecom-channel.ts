import type { AlertChannel, AlertMessage, SendOutcome } from '../alert-message.ts';
import type { WecomSettings } from '../alerts-file.ts';
import { describeMessage } from '../texts/describe-message.ts';
import { fitMessage } from '../texts/fit-message.ts';
import { WECOM_MARKDOWN } from '../texts/formats/wecom-markdown.ts';
import { isPage } from '../texts/standing.ts';
import type { ChannelOptions } from './channel-options.ts';
import { openPosts } from './http-posts.ts';
import { type RobotCodes, robotOutcome } from './robot-outcome.ts';

/** Of the markdown content, UTF-8. */
const MAX_CONTENT_BYTES = 4_096;
const CODES: RobotCodes = {
  throttled: new Set([45009]),
  // No such robot: the key is wrong, or somebody removed it from the group.
  refused: new Set([93000]),
  // The limit counts by the minute.
  retryAfterMs: 60_000,
};

/** A WeCom group's robot: markdown, one request a message; the key is all that it knows us by. */
export function openWecomChannel(
  settings: WecomSettings,
  { key }: { key: string },
  options: ChannelOptions,
): AlertChannel {
  const posts = openPosts(options.timeouts.post);
  const url = new URL(settings.url);
  url.searchParams.set('key', key);
  return {
    name: options.name,
    async send(message): Promise<SendOutcome> {
      const content = wecomContent(message, settings.mentionUsers, options);
      const answer = await posts.post(url, JSON.stringify({ msgtype: 'markdown', markdown: { content } }));
      return robotOutcome(answer, CODES, [key]);
    },
    close: () => posts.close(),
  };
}

/** The markdown, at most 4,096 bytes. */
export function wecomContent(
  message: AlertMessage,
  users: readonly string[],
  { language, consoleUrl }: Pick<ChannelOptions, 'language' | 'consoleUrl'>,
): string {
  const called = isPage(message) ? users : [];
  const tail = called.map((user) => `<@${user}>`).join('');
  const described = describeMessage(message, { language, consoleUrl });
  return fitMessage(described, WECOM_MARKDOWN, { limit: MAX_CONTENT_BYTES, total: message.items.length, tail }).body;
}
