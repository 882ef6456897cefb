import type { Clock } from '../clock/clock.ts';
import type { Fault, FaultName } from '../faults/fault.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import { type AttemptPlan, firstAttemptDelayMs, isLost, planAttempt } from '../faults/plan-attempt.ts';
import { type Merchant, notificationSigningKey } from '../merchants/merchant.ts';
import type { Order, Payment } from '../orders/order.ts';
import { paidTransaction } from '../orders/transaction.ts';
import { deriveBytes, toUuid } from '../seeded-bytes.ts';
import { buildTransactionNotification } from './build-notification.ts';
import { DeliveryCounts, type DeliverySummary } from './delivery-counts.ts';
import { forgeNotification } from './forge-notification.ts';
import type { Attempt, Notification, NotificationState } from './notification.ts';
import type { NotificationPoster, PostOutcome } from './post-notification.ts';
import { waitAfterAttemptMs } from './retry-plan.ts';
import type { Slots } from './slots.ts';

export interface DeliveriesDeps {
  readonly clock: Clock;
  readonly faultPlan: FaultPlan;
  readonly poster: NotificationPoster;
  readonly slots: Slots;
  readonly seed: string;
}

interface Delivery {
  readonly order: Order;
  readonly merchant: Merchant;
  readonly notification: Notification;
}

type SendPlan = Extract<AttemptPlan, { kind: 'send' }>;

/** Brings each payment's notification to its receiver: faults, sends, retries by the plan, records. */
export class Deliveries {
  readonly #deps: DeliveriesDeps;
  readonly #counts = new DeliveryCounts();
  /** Those with an attempt still to come, started ones included. */
  #open = new Set<Delivery>();

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps;
  }

  summary(): DeliverySummary {
    return this.#counts.summary();
  }

  /** Starts the notification of a payment just made. Returns at once; the first send follows on the clock. */
  start(order: Order, merchant: Merchant, payment: Payment, faults: readonly Fault[]): void {
    const notification = this.#createNotification(order, merchant, payment, faults);
    order.notification = notification;
    const delivery: Delivery = { order, merchant, notification };
    const delayMs = firstAttemptDelayMs(faults);
    if (delayMs > 0) this.#recordFault(delivery, 'delayed');
    if (isLost(faults)) {
      this.#recordFault(delivery, 'lost');
      this.#recordNotSent(delivery, 'lost');
      this.#counts.countState(undefined, 'lost');
      return;
    }
    this.#counts.countState(undefined, 'pending');
    this.#open.add(delivery);
    this.#schedule(delivery, this.#deps.clock.now() + delayMs);
  }

  /** Makes the waiting attempts due now, of one order or of all. Returns how many. */
  redeliverNow(outTradeNo: string | undefined): number {
    let hurried = 0;
    for (const delivery of this.#open) {
      const { nextAttempt } = delivery.notification;
      const chosen = outTradeNo === undefined || delivery.order.terms.outTradeNo === outTradeNo;
      if (!chosen || nextAttempt === undefined) continue;
      nextAttempt.cancel();
      this.#schedule(delivery, this.#deps.clock.now());
      hurried += 1;
    }
    return hurried;
  }

  /** Drops all waiting attempts; sends under way end without a successor. */
  abandonAll(): void {
    for (const { notification } of this.#open) notification.nextAttempt?.cancel();
    this.#open = new Set();
    this.#counts.clear();
  }

  #createNotification(
    order: Order,
    merchant: Merchant,
    payment: Payment,
    faults: readonly Fault[],
  ): Notification {
    const { terms } = order;
    const id = toUuid(deriveBytes(this.#deps.seed, 'notification-id', terms.mchid, terms.outTradeNo));
    const body = buildTransactionNotification(paidTransaction(terms, payment), {
      apiV3Key: merchant.keys.apiV3Key,
      id,
      createdAtMs: this.#deps.clock.now(),
    });
    const state = isLost(faults) ? 'lost' : 'pending';
    return { id, body, faults, attempts: [], state, attemptNumber: 0, nextAttempt: undefined };
  }

  #schedule(delivery: Delivery, dueMs: number): void {
    delivery.notification.nextAttempt = this.#deps.clock.schedule(dueMs, () => this.#attempt(delivery));
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { notification } = delivery;
    notification.nextAttempt = undefined;
    notification.attemptNumber += 1;
    const plan = planAttempt(notification.faults, notification.attemptNumber);
    if (plan.fault !== undefined) this.#recordFault(delivery, plan.fault);
    if (plan.kind === 'drop') this.#recordNotSent(delivery, plan.fault);
    const accepted = plan.kind === 'send' && (await this.#sendCopies(delivery, plan));
    this.#endAttempt(delivery, accepted);
  }

  /** True when any copy was accepted. */
  async #sendCopies(delivery: Delivery, plan: SendPlan): Promise<boolean> {
    switch (plan.copies) {
      case 'one':
        return this.#send(delivery, plan, 1);
      case 'two_in_turn': {
        const first = await this.#send(delivery, plan, 1);
        const second = await this.#send(delivery, plan, 2);
        return first || second;
      }
      case 'two_at_once': {
        const accepted = await Promise.all([this.#send(delivery, plan, 1), this.#send(delivery, plan, 2)]);
        return accepted.includes(true);
      }
    }
  }

  #send(delivery: Delivery, plan: SendPlan, copy: 1 | 2): Promise<boolean> {
    return this.#deps.slots.run(async () => {
      if (!this.#open.has(delivery)) return false;
      const { clock, seed, poster } = this.#deps;
      const { terms } = delivery.order;
      const key = notificationSigningKey(delivery.merchant, terms.outTradeNo, seed);
      const atMs = clock.now();
      const { body } = delivery.notification;
      const signed = await forgeNotification({ forgery: plan.forgery, ...key, body, nowMs: atMs });
      const outcome = await poster.post(terms.notifyUrl, signed);
      if (!this.#open.has(delivery)) return false;
      this.#record(delivery, { ...outcome, copy, atMs, fault: plan.fault, sent: true });
      return isAccepted(outcome);
    });
  }

  #endAttempt(delivery: Delivery, accepted: boolean): void {
    if (!this.#open.has(delivery)) return;
    if (accepted) {
      this.#close(delivery, 'delivered');
      return;
    }
    const waitMs = waitAfterAttemptMs(delivery.notification.attemptNumber);
    if (waitMs === undefined) this.#close(delivery, 'given_up');
    else this.#schedule(delivery, this.#deps.clock.now() + waitMs);
  }

  #close(delivery: Delivery, state: Exclude<NotificationState, 'pending'>): void {
    this.#open.delete(delivery);
    this.#counts.countState(delivery.notification.state, state);
    delivery.notification.state = state;
  }

  #recordNotSent(delivery: Delivery, fault: FaultName): void {
    const atMs = this.#deps.clock.now();
    this.#record(delivery, { copy: 1, atMs, fault, sent: false, status: undefined, ms: 0, error: undefined });
  }

  #record(delivery: Delivery, fields: Omit<Attempt, 'number'>): void {
    const attempt: Attempt = { number: delivery.notification.attemptNumber, ...fields };
    delivery.notification.attempts.push(attempt);
    this.#counts.countAttempt(attempt);
  }

  #recordFault(delivery: Delivery, fault: FaultName): void {
    const { mchid, outTradeNo } = delivery.order.terms;
    const attempt = delivery.notification.attemptNumber;
    this.#deps.faultPlan.record({ atMs: this.#deps.clock.now(), mchid, outTradeNo, fault, attempt });
    this.#counts.countFault(fault);
  }
}

/** Only 200 and 204 end a notification; 201, 202 or a redirect do not (page 4012791861). */
function isAccepted(outcome: PostOutcome): boolean {
  return outcome.status === 200 || outcome.status === 204;
}
