import { createHmac } from 'node:crypto';
import { systemClock } from '../../clock/clock.ts';
import type { AlertChannel, AlertMessage, SendOutcome } from '../alert-message.ts';
import type { DingtalkSettings } from '../alerts-file.ts';
import { describeMessage } from '../texts/describe-message.ts';
import { fitMessage } from '../texts/fit-message.ts';
import { DINGTALK_MARKDOWN } from '../texts/formats/dingtalk-markdown.ts';
import { neutraliseMarkdown } from '../texts/formats/neutralise-markdown.ts';
import { isPage } from '../texts/standing.ts';
import type { ChannelOptions } from './channel-options.ts';
import { openPosts } from './http-posts.ts';
import { type RobotCodes, robotOutcome } from './robot-outcome.ts';

/** Of the whole request body. */
const MAX_BODY_BYTES = 20_000;
/** DingTalk punishes a robot that sends too fast with ten minutes of silence. */
const SILENCE_MS = 600_000;
export const DINGTALK_CODES: RobotCodes = {
  throttled: new Set([130101, 410100]),
  throttledStatus: 1111,
  // 310000: signature, timestamp, keyword or address; 30000x: no such token; 40010x: no such robot, or stopped.
  refused: new Set([310000, 300001, 300005, 400101, 400102]),
  retryAfterMs: SILENCE_MS,
};

export type DingtalkSecrets = { accessToken: string; secret: string };

/** A DingTalk group's custom robot with signature: markdown, one request a message. */
export function openDingtalkChannel(
  settings: DingtalkSettings,
  { accessToken, secret }: DingtalkSecrets,
  options: ChannelOptions,
): AlertChannel {
  const posts = openPosts(options.timeouts.post);
  return {
    name: options.name,
    async send(message): Promise<SendOutcome> {
      const timestamp = systemClock.now();
      const url = signedUrl(settings.url, { accessToken, secret, timestamp });
      const answer = await posts.post(url, dingtalkBody(message, settings.mentionMobiles, options));
      return robotOutcome(answer, DINGTALK_CODES, [accessToken, secret, url.searchParams.get('sign') ?? '']);
    },
    close: () => posts.close(),
  };
}

/** sign = base64(HMAC-SHA256(key: secret, timestamp + "\n" + secret)); the timestamp in ms, good for an hour. */
function signedUrl(address: string, sign: DingtalkSecrets & { timestamp: number }): URL {
  const { accessToken, secret, timestamp } = sign;
  const url = new URL(address);
  url.searchParams.set('access_token', accessToken);
  url.searchParams.set('timestamp', String(timestamp));
  url.searchParams.set('sign', createHmac('sha256', secret).update(`${timestamp}\n${secret}`).digest('base64'));
  return url;
}

/** The request, at most 20,000 bytes: who is to be called stands in the text as well as in `at`, or nobody is. */
export function dingtalkBody(
  message: AlertMessage,
  mobiles: readonly string[],
  { language, consoleUrl }: Pick<ChannelOptions, 'language' | 'consoleUrl'>,
): string {
  const called = isPage(message) ? mobiles : [];
  const described = describeMessage(message, { language, consoleUrl });
  const title = neutraliseMarkdown(described.title);
  const bodyWith = (text: string): string =>
    JSON.stringify({
      msgtype: 'markdown',
      markdown: { title, text },
      at: { atMobiles: called, isAtAll: false },
    });
  const limit = MAX_BODY_BYTES - Buffer.byteLength(bodyWith(''));
  const tail = called.map((mobile) => `@${mobile}`).join(' ');
  return bodyWith(fitMessage(described, DINGTALK_MARKDOWN, { limit, total: message.items.length, tail }).body);
}
