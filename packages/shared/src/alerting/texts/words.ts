import type { MismatchKind } from '../../events/payment-mismatch.ts';
import type { Severity } from '../alert-message.ts';

/** What payguard did about an open mismatch, and what is left for a person. */
export type Advice = {
  done: string;
  /** `order`: the order number as it can be typed into a shell. */
  todo(order: string): string;
};

export type KindWords = {
  /** Short enough for a title. */
  name: string;
  open: Advice;
  /** What payguard did when it repaired it by itself. */
  repaired: string;
};

/**
 * Everything that messages say, in one language. Texts hold no markdown: the formats add it, and neutralise what looks
 * like it.
 */
export type Words = {
  severities: Readonly<Record<Severity, string>>;
  /** Of one item, and of a message whose items all stand so. */
  standings: {
    open: string;
    escalated: string;
    repeated: string;
    autoRepaired: string;
    resolved: string;
    dismissed: string;
    ended: string;
    digest: string;
  };
  kinds: Readonly<Record<MismatchKind, KindWords>>;
  /** Of a kind that only a newer release knows; its code stands for its name. */
  unknownKind: Omit<KindWords, 'name'>;
  /** In the place of an item that cannot be put into words. */
  unwritable(id: string): string;
  labels: Readonly<
    Record<
      | 'order'
      | 'merchant'
      | 'transaction'
      | 'refund'
      | 'systemStatus'
      | 'wechatStatus'
      | 'amount'
      | 'systemAmount'
      | 'wechatAmount'
      | 'detectedAt'
      | 'endedAt'
      | 'settledAt'
      | 'openFor'
      | 'done'
      | 'todo'
      | 'id'
      | 'lookUp'
      | 'alert'
      | 'description'
      | 'labels'
      | 'startsAt',
      string
    >
  >;
  /** Between a label and its value. */
  colon: string;
  links: Readonly<Record<'console' | 'runbook' | 'dashboard', string>>;
  /** By code, of orders and payments … */
  statuses: Readonly<Record<string, string>>;
  /** … and of refunds, where the same codes mean something else. */
  refundStatuses: Readonly<Record<string, string>>;
  status(code: string, meaning: string): string;
  /** What stands before a subject. */
  tag(text: string): string;
  title(tag: string, subject: string, total: number): string;
  /** A title of several different things, named by the first. */
  andOthers(subject: string): string;
  total(total: number): string;
  more(hidden: number): string;
  yuan(amount: string): string;
  /** A time of Asia/Shanghai. */
  beijingTime(time: string): string;
  duration(days: number, hours: number, minutes: number): string;
  unknownOrder: string;
  nothingLeft: string;
  settledBy(by: string, reason: string): string;
  test: string;
  testNote: string;
  testText: string;
  insteadOf(channel: string): string;
};
