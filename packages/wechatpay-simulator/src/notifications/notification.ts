import type { Timer } from '../clock/clock.ts';
import type { AttemptFault, Fault } from '../faults/fault.ts';

/** One send, or one that a fault kept from being sent. */
export interface Attempt {
  /** From 1; the plan has 16: the first send and 15 retries. */
  readonly number: number;
  /** 2 for the second send of a doubled attempt. */
  readonly copy: 1 | 2;
  /** ms UTC on the simulator's clock. */
  readonly atMs: number;
  readonly fault: AttemptFault | undefined;
  readonly sent: boolean;
  readonly status: number | undefined;
  /** Real milliseconds until the answer. */
  readonly ms: number;
  readonly error: string | undefined;
}

export const NOTIFICATION_STATES = ['pending', 'delivered', 'given_up', 'lost'] as const;
export type NotificationState = (typeof NOTIFICATION_STATES)[number];

export interface Notification {
  /** Unchanged, like the whole body, on every resend (wechatpay-apache-httpclient issue 152). */
  readonly id: string;
  /** ms UTC. */
  readonly createdAtMs: number;
  readonly faults: readonly Fault[];
  /** Replaced, not pushed to: an array that has grown keeps room for 16 more. */
  attempts: readonly Attempt[];
  state: NotificationState;
  /** Number of the attempt last started; 0 before the first. */
  attemptNumber: number;
  /** Set while the next attempt is waited for. */
  nextAttempt: Timer | undefined;
}
