import type { Clock } from '../clock/clock.ts';
import { ATTEMPT_FAULTS, type AttemptFault } from '../faults/fault.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { FaultRecord } from '../faults/fault-record.ts';
import { DeliveryCounts, type DeliverySummary } from './delivery-counts.ts';
import { type Notice, orderOf, outRefundNoOf } from './notice.ts';
import type { Attempt, Notification, NotificationState } from './notification.ts';
import { NOT_SENT, type Send } from './send-copies.ts';

interface Recorded {
  readonly notice: Notice;
  readonly notification: Notification;
}

/** Writes down what is done to notifications: in each of them, in the list of faults, and in running counts. */
export class DeliveryRecords {
  readonly #clock: Clock;
  readonly #faultPlan: FaultPlan;
  readonly #counts = new DeliveryCounts();

  constructor({ clock, faultPlan }: { readonly clock: Clock; readonly faultPlan: FaultPlan }) {
    this.#clock = clock;
    this.#faultPlan = faultPlan;
  }

  summary(): DeliverySummary {
    return this.#counts.summary();
  }

  /** A notification has come into being, in the state it has. */
  begin({ notification }: Recorded): void {
    this.#counts.countState(undefined, notification.state);
  }

  end({ notification }: Recorded, state: Exclude<NotificationState, 'pending'>): void {
    this.#counts.countState(notification.state, state);
    notification.state = state;
  }

  send({ notification }: Recorded, send: Send): void {
    // Named one by one: an object spread into keeps its fields in a second one.
    const { copy, atMs, fault, sent, status, ms, error } = send;
    const attempt: Attempt = { number: notification.attemptNumber, copy, atMs, fault, sent, status, ms, error };
    notification.attempts = [...notification.attempts, attempt];
    this.#counts.countAttempt(attempt);
  }

  /** An attempt that a fault kept from being sent. */
  notSent(recorded: Recorded, fault: AttemptFault): void {
    this.send(recorded, { copy: 1, atMs: this.#clock.now(), fault, ...NOT_SENT });
  }

  fault({ notice, notification }: Recorded, fault: AttemptFault, detail?: string): void {
    const { mchid, outTradeNo } = orderOf(notice).terms;
    this.#faultPlan.record({
      atMs: this.#clock.now(),
      target: fault === 'outage' ? 'outage' : 'callback',
      ...{ mchid, outTradeNo, outRefundNo: outRefundNoOf(notice), fault, attempt: notification.attemptNumber, detail },
    });
    this.#counts.countFault(fault);
  }

  /** Counts a notification read back from a file, with its attempts. */
  restore({ notification }: Recorded): void {
    this.#counts.countState(undefined, notification.state);
    for (const attempt of notification.attempts) this.#counts.countAttempt(attempt);
  }

  /** Counts a fault that befell a notification before a restart. */
  restoreFault({ fault, attempt }: FaultRecord): void {
    const known = attempt === undefined ? undefined : ATTEMPT_FAULTS.find((name) => name === fault);
    if (known !== undefined) this.#counts.countFault(known);
  }

  clear(): void {
    this.#counts.clear();
  }
}
