import type { Clock } from '../clock/clock.ts';
import type { Fault, FaultName } from '../faults/fault.ts';
import type { FaultPlan } from '../faults/fault-plan.ts';
import { type AttemptPlan, firstAttemptDelayMs, isLost, planAttempt } from '../faults/plan-attempt.ts';
import { type Merchant, notificationSigningKey } from '../merchants/merchant.ts';
import { newRequestId } from '../request-id.ts';
import { deriveBytes, toAlphanumeric, toUuid } from '../seeded-bytes.ts';
import { buildNotification } from './build-notification.ts';
import { buildV2RefundNotification } from './build-v2-refund-notification.ts';
import { DeliveryCounts, type DeliverySummary } from './delivery-counts.ts';
import { forgeNotification, type SignedNotification } from './forge-notification.ts';
import {
  attachNotification,
  contentOf,
  type Notice,
  notifyUrlOf,
  orderOf,
  outRefundNoOf,
  seedPartsOf,
} from './notice.ts';
import type { Attempt, Notification, NotificationState } from './notification.ts';
import type { NotificationPoster } from './post-notification.ts';
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
  readonly notice: Notice;
  readonly merchant: Merchant;
  readonly notification: Notification;
}

type Send = Omit<Attempt, 'number'>;
type SendPlan = Extract<AttemptPlan, { kind: 'send' }>;

/** The old API signs within its body; its calls carry no Wechatpay-* headers. */
const V2_HEADERS = { 'Content-Type': 'text/xml', Accept: '*/*', 'User-Agent': 'Mozilla/4.0', Pragma: 'no-cache' };

const NOT_SENT = { sent: false, status: undefined, ms: 0, error: undefined } as const;

/** Brings each notification to its receiver: faults, sends, retries by the plan, records. */
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

  /** Starts the notification of what has just happened. Returns at once; the first send follows on the clock. */
  start(notice: Notice, merchant: Merchant, faults: readonly Fault[]): void {
    const notification = this.#createNotification(notice, faults);
    attachNotification(notice, notification);
    const delivery: Delivery = { notice, merchant, notification };
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
      const chosen = outTradeNo === undefined || orderOf(delivery.notice).terms.outTradeNo === outTradeNo;
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

  #createNotification(notice: Notice, faults: readonly Fault[]): Notification {
    return {
      id: toUuid(deriveBytes(this.#deps.seed, 'notification-id', ...seedPartsOf(notice))),
      createdAtMs: this.#deps.clock.now(),
      faults,
      attempts: [],
      state: isLost(faults) ? 'lost' : 'pending',
      attemptNumber: 0,
      nextAttempt: undefined,
    };
  }

  /** The same bytes at each attempt. Written anew instead of kept: a kilobyte less for each waiting notification. */
  #bodyOf({ notice, merchant, notification }: Delivery): string {
    const nonceBytes = deriveBytes(this.#deps.seed, 'nonce', ...seedPartsOf(notice));
    if (notice.kind === 'refund_v2') {
      const apiV2Key = toAlphanumeric(deriveBytes(this.#deps.seed, 'v2-key', merchant.mchid), 32);
      return buildV2RefundNotification(notice.refund, notice.status, {
        apiV2Key,
        nonce: toAlphanumeric(nonceBytes, 32),
      });
    }
    return buildNotification(contentOf(notice), {
      apiV3Key: merchant.keys.apiV3Key,
      id: notification.id,
      createdAtMs: notification.createdAtMs,
      resourceNonce: toAlphanumeric(nonceBytes, 12),
    });
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

  /** True when any copy was accepted. Copies are recorded in their order, whichever was answered first. */
  async #sendCopies(delivery: Delivery, plan: SendPlan): Promise<boolean> {
    const sends = await this.#sendEachCopy(delivery, plan);
    if (!this.#open.has(delivery)) return false;
    for (const send of sends) this.#record(delivery, send);
    return sends.some(isAccepted);
  }

  async #sendEachCopy(delivery: Delivery, plan: SendPlan): Promise<Send[]> {
    switch (plan.copies) {
      case 'one':
        return [await this.#send(delivery, plan, 1)];
      case 'two_in_turn':
        return [await this.#send(delivery, plan, 1), await this.#send(delivery, plan, 2)];
      case 'two_at_once':
        return Promise.all([this.#send(delivery, plan, 1), this.#send(delivery, plan, 2)]);
    }
  }

  #send(delivery: Delivery, plan: SendPlan, copy: 1 | 2): Promise<Send> {
    return this.#deps.slots.run(async () => {
      const { clock, poster } = this.#deps;
      const atMs = clock.now();
      const fields = { copy, atMs, fault: plan.fault };
      if (!this.#open.has(delivery)) return { ...fields, ...NOT_SENT };
      const signed = await this.#sign(delivery, plan, atMs);
      return { ...fields, sent: true, ...(await poster.post(notifyUrlOf(delivery.notice), signed)) };
    });
  }

  async #sign(delivery: Delivery, plan: SendPlan, nowMs: number): Promise<SignedNotification> {
    const { notice, merchant } = delivery;
    const body = this.#bodyOf(delivery);
    if (notice.kind === 'refund_v2') return { headers: { ...V2_HEADERS, 'Request-ID': newRequestId() }, body };
    const { outTradeNo } = orderOf(notice).terms;
    const key = notificationSigningKey(merchant, outTradeNo, this.#deps.seed);
    return forgeNotification({ forgery: plan.forgery, ...key, body, nowMs });
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
    this.#record(delivery, { copy: 1, atMs, fault, ...NOT_SENT });
  }

  #record(delivery: Delivery, send: Send): void {
    const attempt: Attempt = { number: delivery.notification.attemptNumber, ...send };
    delivery.notification.attempts.push(attempt);
    this.#counts.countAttempt(attempt);
  }

  #recordFault(delivery: Delivery, fault: FaultName): void {
    const { mchid, outTradeNo } = orderOf(delivery.notice).terms;
    const outRefundNo = outRefundNoOf(delivery.notice);
    const attempt = delivery.notification.attemptNumber;
    this.#deps.faultPlan.record({ atMs: this.#deps.clock.now(), mchid, outTradeNo, outRefundNo, fault, attempt });
    this.#counts.countFault(fault);
  }
}

/** Only 200 and 204 end a notification; 201, 202 or a redirect do not (page 4012791861). */
function isAccepted(send: Send): boolean {
  return send.status === 200 || send.status === 204;
}
