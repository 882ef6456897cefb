import type { AttemptFault } from '../faults/fault.ts';
import { type Attempt, NOTIFICATION_STATES, type NotificationState } from './notification.ts';

export interface DeliverySummary {
  /** Notifications by state. `pending`: an attempt is under way or waited for. */
  readonly pending: number;
  readonly delivered: number;
  readonly givenUp: number;
  readonly lost: number;
  /** Attempts by HTTP status; `error` for no answer, `not_sent` for those a fault kept back. */
  readonly attemptsByStatus: Readonly<Record<string, number>>;
  /** Attempts befallen, by fault; `lost` and `delayed` count notifications. */
  readonly byFault: Readonly<Partial<Record<AttemptFault, number>>>;
}

/** Running counts, so that asking for them costs the same with ten orders and with a million. */
export class DeliveryCounts {
  readonly #states: Record<NotificationState, number> = { pending: 0, delivered: 0, given_up: 0, lost: 0 };
  readonly #statuses = new Map<string, number>();
  readonly #faults = new Map<AttemptFault, number>();

  countState(before: NotificationState | undefined, after: NotificationState): void {
    if (before !== undefined) this.#states[before] -= 1;
    this.#states[after] += 1;
  }

  countAttempt(attempt: Attempt): void {
    const status = attempt.sent ? String(attempt.status ?? 'error') : 'not_sent';
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1);
  }

  countFault(fault: AttemptFault): void {
    this.#faults.set(fault, (this.#faults.get(fault) ?? 0) + 1);
  }

  summary(): DeliverySummary {
    return {
      pending: this.#states.pending,
      delivered: this.#states.delivered,
      givenUp: this.#states.given_up,
      lost: this.#states.lost,
      attemptsByStatus: Object.fromEntries(this.#statuses),
      byFault: Object.fromEntries(this.#faults),
    };
  }

  clear(): void {
    for (const state of NOTIFICATION_STATES) this.#states[state] = 0;
    this.#statuses.clear();
    this.#faults.clear();
  }
}
