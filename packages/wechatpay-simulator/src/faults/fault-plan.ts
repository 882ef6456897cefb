import { MAX_ORDERS } from '../orders/order-book.ts';
import { FORGETFUL, type Keeper } from '../state/keeper.ts';
import { ApiFaults } from './api-faults.ts';
import { drawFault, drawPaymentFault, drawRefundFault, type FaultRates } from './draw-fault.ts';
import { type Fault, fitsRefundNotice } from './fault.ts';
import { FaultLog } from './fault-log.ts';
import type { FaultRecord } from './fault-record.ts';
import { HeldCallers } from './held-callers.ts';
import {
  type CloseRace,
  isPaymentFault,
  isRefundFault,
  type LatePayment,
  type OrderFault,
  type PaymentFault,
  type RefundFault,
  type RefundNumberFault,
} from './order-fault.ts';
import { Outages } from './outages.ts';

/**
 * Which faults payments, refunds, notifications and calls get, and which have happened. For a payment, a notification
 * or a refund, faults given with it win over those set ahead, which win over the draw by rate.
 */
export class FaultPlan {
  readonly apiFaults: ApiFaults;
  readonly heldCallers = new HeldCallers();
  readonly outages: Outages;
  /** What has happened. */
  readonly log = new FaultLog();
  readonly #ofOrders = new Map<string, readonly OrderFault[]>();
  readonly #ofRefunds = new Map<string, readonly RefundNumberFault[]>();
  readonly #keeper: Keeper;
  #rates: FaultRates | undefined;

  /** `seed` is that of API fault rules that bring none. */
  constructor(seed: string, keeper: Keeper = FORGETFUL) {
    this.#keeper = keeper;
    this.apiFaults = new ApiFaults(seed, () => keeper.settingChanged('apiFaults', () => this.apiFaults.list()));
    this.outages = new Outages(() => keeper.settingChanged('outages', () => this.outages.list()));
  }

  get rates(): FaultRates | undefined {
    return this.#rates;
  }

  setRates(rates: FaultRates): void {
    this.#rates = rates;
    this.#keeper.settingChanged('faultRates', () => rates);
  }

  /** False when no more orders' faults can be kept. */
  setForOrder(outTradeNo: string, faults: readonly OrderFault[]): boolean {
    if (!put(this.#ofOrders, outTradeNo, faults)) return false;
    this.#keeper.faultsSet('order', outTradeNo, faults);
    return true;
  }

  /** False when no more refunds' faults can be kept. */
  setForRefund(outRefundNo: string, faults: readonly RefundNumberFault[]): boolean {
    if (!put(this.#ofRefunds, outRefundNo, faults)) return false;
    this.#keeper.faultsSet('refund', outRefundNo, faults);
    return true;
  }

  /** Of the notification of an order's payment. */
  faultsFor(outTradeNo: string, givenAtPayment: readonly Fault[] | undefined): readonly Fault[] {
    if (givenAtPayment !== undefined) return givenAtPayment;
    const set = this.#ofOrders.get(outTradeNo);
    if (set !== undefined) return set.filter(isCallbackFault);
    return this.#drawCallbackFaults(outTradeNo);
  }

  /** Of the notification of a refund. */
  faultsForRefund(outRefundNo: string): readonly Fault[] {
    const set = this.#ofRefunds.get(outRefundNo);
    if (set !== undefined) return set.filter(isCallbackFault);
    return this.#drawCallbackFaults(outRefundNo).filter(fitsRefundNotice);
  }

  closeRaceOf(outTradeNo: string): CloseRace | undefined {
    const fault = this.#paymentFaultsOf(outTradeNo).find((candidate) => candidate.kind === 'close_race');
    return fault?.kind === 'close_race' ? fault : undefined;
  }

  latePaymentOf(outTradeNo: string): LatePayment | undefined {
    const fault = this.#paymentFaultsOf(outTradeNo).find((candidate) => candidate.kind === 'late_payment');
    return fault?.kind === 'late_payment' ? fault : undefined;
  }

  /** What becomes of a new refund. Those set for its order are used up: they are for the next refund only. */
  takeRefundFaults(outTradeNo: string, outRefundNo: string): readonly RefundFault[] {
    const set = this.#ofRefunds.get(outRefundNo);
    if (set !== undefined) return set.filter(isRefundFault);
    const ofOrder = this.#ofOrders.get(outTradeNo) ?? [];
    const taken = ofOrder.filter(isRefundFault);
    if (taken.length > 0) {
      this.setForOrder(
        outTradeNo,
        ofOrder.filter((fault) => !isRefundFault(fault)),
      );
      return taken;
    }
    const drawn = this.#rates === undefined ? undefined : drawRefundFault(this.#rates, outRefundNo);
    return drawn === undefined ? [] : [drawn];
  }

  record(record: FaultRecord): void {
    if (this.log.add(record)) this.#keeper.faultHappened(record);
  }

  clear(): void {
    this.apiFaults.clear();
    this.heldCallers.releaseAll();
    this.outages.clear();
    this.log.clear();
    this.#ofOrders.clear();
    this.#ofRefunds.clear();
    this.#rates = undefined;
  }

  #paymentFaultsOf(outTradeNo: string): readonly PaymentFault[] {
    const set = this.#ofOrders.get(outTradeNo);
    if (set !== undefined) return set.filter(isPaymentFault);
    const drawn = this.#rates === undefined ? undefined : drawPaymentFault(this.#rates, outTradeNo);
    return drawn === undefined ? [] : [drawn];
  }

  #drawCallbackFaults(number: string): readonly Fault[] {
    const drawn = this.#rates === undefined ? undefined : drawFault(this.#rates, number);
    return drawn === undefined ? NO_FAULTS : [drawn];
  }
}

/** Shared by all notifications that have none. */
const NO_FAULTS: readonly Fault[] = [];

function isCallbackFault(fault: OrderFault): fault is Fault {
  return !isPaymentFault(fault) && !isRefundFault(fault);
}

function put<T>(map: Map<string, T>, number: string, faults: T): boolean {
  if (map.size >= MAX_ORDERS && !map.has(number)) return false;
  map.set(number, faults);
  return true;
}
