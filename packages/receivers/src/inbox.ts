/** Whom the stand-ins play. `webhook` takes alerts, `shop` takes news of credits; both are signed alike. */
export const CHANNELS = ['mail', 'dingtalk', 'wecom', 'webhook', 'shop'] as const;
export type Channel = (typeof CHANNELS)[number];

/** A message that a receiver took. */
export type ReceivedMessage = {
  /** Counts from 1, over all channels. */
  seq: number;
  channel: Channel;
  /** RFC 3339, UTC. */
  receivedAt: string;
  title: string;
  text: string;
  /** Only mails have one. */
  html: string | null;
  /** What the sender calls it (Message-ID, webhook-id); robots know none. */
  id: string | null;
  /** Of what the receiver's limit counts: request body, markdown content, mail. */
  bytes: number;
  /** What else came with it: sender, receivers, mentions, the parsed body. */
  details: Readonly<Record<string, unknown>>;
};

export type NewMessage = Omit<ReceivedMessage, 'seq' | 'receivedAt'>;

/** How often a receiver took a message, and how often it refused one, by its answer. */
export type Tally = { accepted: number; refused: Record<string, number> };

export type Inbox = {
  add(message: NewMessage): void;
  refuse(channel: Channel, answer: string): void;
  /** In order of arrival; `after`: only those with a greater seq. */
  list(filter?: { channel?: Channel | undefined; after?: number | undefined }): ReceivedMessage[];
  tallies(): Record<Channel, Tally>;
  clear(): void;
};

/** Some hours of a busy drill; the oldest go first. */
const MAX_MESSAGES = 20_000;

/** All that was received, in memory. */
export function createInbox(): Inbox {
  let messages: ReceivedMessage[] = [];
  let tallies = emptyTallies();
  let seq = 0;
  return {
    add(message) {
      seq += 1;
      messages.push({ ...message, seq, receivedAt: new Date().toISOString() });
      if (messages.length > MAX_MESSAGES) messages = messages.slice(-MAX_MESSAGES / 2);
      tallies[message.channel].accepted += 1;
    },
    refuse(channel, answer) {
      const { refused } = tallies[channel];
      refused[answer] = (refused[answer] ?? 0) + 1;
    },
    list: ({ channel, after = 0 } = {}) =>
      messages.filter((message) => message.seq > after && (channel === undefined || message.channel === channel)),
    tallies: () => structuredClone(tallies),
    clear() {
      messages = [];
      tallies = emptyTallies();
    },
  };
}

function emptyTallies(): Record<Channel, Tally> {
  const none = (): Tally => ({ accepted: 0, refused: {} });
  return { mail: none(), dingtalk: none(), wecom: none(), webhook: none(), shop: none() };
}
