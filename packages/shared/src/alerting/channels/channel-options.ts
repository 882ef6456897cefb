import type { Logger } from '../../telemetry/logger.ts';
import type { Language } from '../alert-message.ts';
import { POST_TIMEOUTS, type PostTimeouts } from './http-posts.ts';

/** What every channel is opened with besides its own settings and secrets. */
export type ChannelOptions = {
  name: string;
  language: Language;
  consoleUrl: string | undefined;
  log: Logger;
  timeouts: ChannelTimeouts;
};

export type ChannelTimeouts = { post: PostTimeouts; mail: MailTimeouts };

/** Their sum, and `totalMs`, stay below the 15 s within which a channel answers. */
export type MailTimeouts = {
  connectMs: number;
  /** Mail servers let strangers wait for their greeting. */
  greetingMs: number;
  /** Of silence in between. */
  idleMs: number;
  totalMs: number;
};

export const CHANNEL_TIMEOUTS: ChannelTimeouts = {
  post: POST_TIMEOUTS,
  mail: { connectMs: 3_000, greetingMs: 5_000, idleMs: 6_000, totalMs: 14_000 },
};
