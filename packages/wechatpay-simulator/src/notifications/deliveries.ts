import type { Fault } from '../faults/fault.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import type { FaultRecord } from '../faults/fault-record.ts';
import {
  type AttemptPlan,
  firstAttemptDelayMs,
  isLost,
  isOutOfOrder,
  OUTAGE_ATTEMPT,
  planAttempt,
} from '../faults/plan-attempt.ts';
import type { Merchant } from '../merchants/merchant.ts';
import type { Keeper } from '../state/keeper.ts';
import { createNotification } from './create-notification.ts';
import type { DeliverySummary } from './delivery-counts.ts';
import { DeliveryRecords } from './delivery-records.ts';
import { HeldBack } from './held-back.ts';
import { attachNotification, type Notice, orderOf, outRefundNoOf } from './notice.ts';
import type { Notification, NotificationState } from './notification.ts';
import { waitAfterAttemptMs } from './retry-plan.ts';
import { type Send, type SendDeps, type SendPlan, sendCopies } from './send-copies.ts';
import type { Slots } from './slots.ts';

export interface DeliveriesDeps extends SendDeps {
  readonly faultPlan: FaultPlan;
  readonly keeper: Keeper;
  readonly slots: Slots;
}

/** A notification on its way, and the task of the timer for its next attempt. */
class Delivery {
  readonly notice: Notice;
  readonly merchant: Merchant;
  readonly notification: Notification;
  /** In order of creation, so that retries due at one time go out in one order, whoever was answered first before. */
  readonly rank: number;
  readonly #attempt: (delivery: Delivery) => Promise<void>;

  constructor(notified: Omit<Delivery, 'run' | 'rank'>, rank: number, attempt: (delivery: Delivery) => Promise<void>) {
    this.rank = rank;
    this.notice = notified.notice;
    this.merchant = notified.merchant;
    this.notification = notified.notification;
    this.#attempt = attempt;
  }

  run(): Promise<void> {
    return this.#attempt(this);
  }
}

/** A notification held back goes out after this even when no other has overtaken it. */
const HOLD_BACK_MS = 60_000;

/** Brings each notification to its receiver: faults, sends, retries by the plan, records. */
export class Deliveries {
  readonly #deps: DeliveriesDeps;
  readonly #records: DeliveryRecords;
  /** Those with an attempt still to come, started ones included. */
  #open = new Set<Delivery>();
  /** Those that another notification of their merchant is to overtake. */
  readonly #heldBack = new HeldBack<Delivery>();
  #isStopped = false;
  #created = 0;
  /** One function for all deliveries. */
  readonly #queueAttempt = (delivery: Delivery) => this.#deps.slots.enqueue(() => this.#attempt(delivery));

  constructor(deps: DeliveriesDeps) {
    this.#deps = deps;
    this.#records = new DeliveryRecords(deps);
  }

  summary(): DeliverySummary {
    return this.#records.summary();
  }

  /** Starts the notification of what has just happened. Returns at once; the first send follows on the clock. */
  start(notice: Notice, merchant: Merchant, faults: readonly Fault[]): void {
    const { clock, keeper, seed } = this.#deps;
    const notification = createNotification(seed, notice, faults, clock.now());
    attachNotification(notice, notification);
    const delivery = this.#createDelivery({ notice, merchant, notification });
    this.#records.begin(delivery);
    const firstAtMs = this.#planFirst(delivery);
    keeper.notificationChanged(notice, notification);
    if (firstAtMs === undefined) return;
    this.#open.add(delivery);
    if (isOutOfOrder(notification.faults)) this.#scheduleHoldBack(delivery, firstAtMs);
    else this.#schedule(delivery, firstAtMs);
  }

  /** Counts a notification read back from a file. Nothing is sent before `resume`. */
  restore(notice: Notice, notification: Notification): void {
    attachNotification(notice, notification);
    this.#records.restore({ notice, notification });
  }

  /** Counts a fault that befell a notification before a restart. */
  restoreFault(record: FaultRecord): void {
    this.#records.restoreFault(record);
  }

  /** Takes a restored notification up again where it waited: the next attempt at `dueMs` (ms UTC). */
  resume(notice: Notice, merchant: Merchant, notification: Notification, dueMs: number): void {
    const delivery = this.#createDelivery({ notice, merchant, notification });
    this.#open.add(delivery);
    this.#schedule(delivery, dueMs);
  }

  /** Makes the waiting attempts due now, of one order or of all. Returns how many. */
  redeliverNow(outTradeNo: string | undefined): number {
    let hurried = 0;
    for (const delivery of this.#open) {
      const { nextAttempt } = delivery.notification;
      const chosen = outTradeNo === undefined || orderOf(delivery.notice).terms.outTradeNo === outTradeNo;
      // One that has started is in line for a slot already.
      if (!chosen || nextAttempt?.cancel() !== true) continue;
      this.#schedule(delivery, this.#deps.clock.now());
      this.#deps.keeper.notificationChanged(delivery.notice, delivery.notification);
      hurried += 1;
    }
    return hurried;
  }

  /** Starts no more sends; those under way end and are recorded. What waits stays as it is: for a stop. */
  stop(): void {
    this.#isStopped = true;
    for (const { notification } of this.#open) notification.nextAttempt?.cancel();
  }

  /** Drops all waiting attempts; sends under way end without a successor. */
  abandonAll(): void {
    for (const { notification } of this.#open) notification.nextAttempt?.cancel();
    this.#open = new Set();
    this.#heldBack.clear();
    this.#records.clear();
  }

  #createDelivery(notified: Omit<Delivery, 'run' | 'rank'>): Delivery {
    this.#created += 1;
    return new Delivery(notified, this.#created, this.#queueAttempt);
  }

  /** When the first attempt is to be made (ms UTC), or undefined for a notification that never comes. */
  #planFirst(delivery: Delivery): number | undefined {
    const { faults } = delivery.notification;
    const delayMs = firstAttemptDelayMs(faults);
    if (delayMs > 0) this.#records.fault(delivery, 'delayed', `by ${delayMs} ms`);
    if (!isLost(faults)) return this.#deps.clock.now() + delayMs;
    this.#records.fault(delivery, 'lost');
    this.#records.notSent(delivery, 'lost');
    return undefined;
  }

  #scheduleHoldBack(delivery: Delivery, dueMs: number): void {
    const { clock } = this.#deps;
    delivery.notification.nextAttempt = clock.schedule(dueMs, async () => {
      this.#heldBack.hold(delivery.merchant.mchid, delivery);
      this.#schedule(delivery, clock.now() + HOLD_BACK_MS);
    });
  }

  #schedule(delivery: Delivery, dueMs: number): void {
    delivery.notification.nextAttempt = this.#deps.clock.schedule(dueMs, delivery);
  }

  async #attempt(delivery: Delivery): Promise<void> {
    const { notification, merchant } = delivery;
    if (!this.#isWanted(delivery)) return;
    notification.nextAttempt = undefined;
    if (this.#heldBack.release(merchant.mchid, delivery))
      this.#records.fault(delivery, 'out_of_order', 'not overtaken');
    notification.attemptNumber += 1;
    const plan = this.#plan(notification);
    if (plan.fault !== undefined) this.#records.fault(delivery, plan.fault);
    if (plan.kind === 'drop') this.#records.notSent(delivery, plan.fault);
    const accepted = plan.kind === 'send' && (await this.#sendAndRecord(delivery, plan));
    this.#endAttempt(delivery, accepted);
  }

  #plan({ faults, attemptNumber }: Notification): AttemptPlan {
    const { clock, faultPlan } = this.#deps;
    if (faultPlan.outages.at(clock.now(), 'callbacks') !== undefined) return OUTAGE_ATTEMPT;
    return planAttempt(faults, attemptNumber);
  }

  /** True when any copy was accepted. */
  async #sendAndRecord(delivery: Delivery, plan: SendPlan): Promise<boolean> {
    const { mchid } = delivery.merchant;
    this.#heldBack.claim(mchid, delivery);
    const sends = await sendCopies(this.#deps, delivery, plan, () => this.#isWanted(delivery));
    // What a stop kept from being sent is as if it had not begun, and is made after the next start.
    if (!this.#isWanted(delivery) && sends.every((send) => !send.sent)) this.#open.delete(delivery);
    if (!this.#open.has(delivery)) return false;
    for (const send of sends) this.#records.send(delivery, send);
    const isAnswered = sends.some((send) => send.status !== undefined);
    if (isAnswered) this.#deps.slots.afterLine(delivery.rank, () => this.#letOvertakenFollow(delivery));
    else this.#heldBack.unclaim(mchid, delivery);
    return sends.some(isAccepted);
  }

  /** What was held back for this one to be answered first goes out now. */
  #letOvertakenFollow(overtaker: Delivery): void {
    const { notice, merchant } = overtaker;
    const overtakerNumber = outRefundNoOf(notice) ?? orderOf(notice).terms.outTradeNo;
    for (const delivery of this.#heldBack.releaseClaimed(merchant.mchid, overtaker)) {
      this.#records.fault(delivery, 'out_of_order', `overtaken by ${overtakerNumber}`);
      delivery.notification.nextAttempt?.cancel();
      this.#schedule(delivery, this.#deps.clock.now());
    }
  }

  #endAttempt(delivery: Delivery, accepted: boolean): void {
    if (!this.#open.has(delivery)) return;
    const waitMs = waitAfterAttemptMs(delivery.notification.attemptNumber);
    if (accepted) this.#close(delivery, 'delivered');
    else if (waitMs === undefined) this.#close(delivery, 'given_up');
    else this.#schedule(delivery, this.#deps.clock.now() + waitMs);
    this.#deps.keeper.notificationChanged(delivery.notice, delivery.notification);
  }

  #isWanted(delivery: Delivery): boolean {
    return this.#open.has(delivery) && !this.#isStopped;
  }

  #close(delivery: Delivery, state: Exclude<NotificationState, 'pending'>): void {
    this.#open.delete(delivery);
    this.#records.end(delivery, state);
  }
}

/** Only 200 and 204 end a notification; 201, 202 or a redirect do not (page 4012791861). */
function isAccepted(send: Send): boolean {
  return send.status === 200 || send.status === 204;
}
