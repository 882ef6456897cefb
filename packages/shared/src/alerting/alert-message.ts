import type { PaymentMismatch } from '../events/payment-mismatch.ts';

/** `critical` pages somebody at once, `warning` is for working hours, `info` is news that nobody has to act on. */
export const SEVERITIES = ['critical', 'warning', 'info'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const LANGUAGES = ['zh', 'en'] as const;
export type Language = (typeof LANGUAGES)[number];

/** What happened to the thing that people are told of. */
export type News =
  | 'opened'
  /** Still open, for longer than it may be. */
  | 'escalated'
  /** Alertmanager says it again. */
  | 'repeated'
  /** Repaired by itself, settled by a person, or an alert that no longer fires. */
  | 'ended'
  /** Repaired by itself before anybody was told. */
  | 'digest';

/** A mismatch as it is when the message is written; times in ms UTC, amounts in fen. */
export type MismatchView = Pick<
  PaymentMismatch,
  | 'id'
  | 'kind'
  | 'state'
  | 'mchid'
  | 'out_trade_no'
  | 'transaction_id'
  | 'refund_id'
  | 'system_status'
  | 'wechat_status'
  | 'system_amount'
  | 'wechat_amount'
> & { detectedAt: number; stateAt: number; handledBy: string | null; handledReason: string | null };

/** An alert as Alertmanager tells it (webhook version 4). Times in ms UTC. */
export type AlertView = {
  name: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  startsAt: number;
  endsAt: number | null;
};

/** One thing in a message. */
export type MessageItem = { news: News; severity: Severity } & (
  | { about: 'mismatch'; mismatch: MismatchView }
  | { about: 'alert'; alert: AlertView }
  /** What the alerter has to say of itself, in both languages: a channel that fails, a Watchdog that is silent. */
  | { about: 'alerter'; text: Readonly<Record<Language, string>> }
);

/** A message before it is put into a channel's words. */
export type AlertMessage = {
  /** The same for the same attempt; a receiver may tell repetitions by it. */
  id: string;
  /** The gravest of its items. */
  severity: Severity;
  /** All of them, most important first: a channel with less room lists what fits and says how many there are besides. */
  items: readonly MessageItem[];
  /** When it is written, ms UTC. */
  at: number;
  /** The channel that it was meant for, when this one stands in. */
  insteadOf: string | null;
  /** Sent by hand to try the channel; says so in its first line. */
  isTest: boolean;
};

/** What came of an attempt to send. `code` is the receiver's own (errcode, SMTP reply, HTTP status), for log and metric. */
export type SendOutcome =
  | { kind: 'sent'; code: string }
  /** The receiver wants fewer messages; before `retryAfterMs` it takes none. */
  | { kind: 'throttled'; code: string; detail: string; retryAfterMs: number }
  /** It may pass: no connection, time-out, 5xx, SMTP 4yz, a robot that is busy. */
  | { kind: 'failed'; code: string; detail: string }
  /** It stays so until a person changes something: wrong token, key or signature, an address that does not exist. */
  | { kind: 'refused'; code: string; detail: string };

/** A way to reach people. */
export type AlertChannel = {
  readonly name: string;
  /** Never throws, answers within 15 s; no secret stands in an outcome. */
  send(message: AlertMessage): Promise<SendOutcome>;
  /** Ends idle connections. */
  close(): Promise<void>;
};
