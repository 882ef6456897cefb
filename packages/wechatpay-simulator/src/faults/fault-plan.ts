import { MAX_ORDERS } from '../orders/order-book.ts';
import { drawFault, type FaultRates } from './draw-fault.ts';
import type { Fault, FaultName } from './fault.ts';

export interface FaultRecord {
  /** ms UTC on the simulator's clock. */
  readonly atMs: number;
  readonly mchid: string;
  readonly outTradeNo: string;
  /** Set when it befell the notification of a refund. */
  readonly outRefundNo: string | undefined;
  readonly fault: FaultName;
  /** Number of the attempt it befell, from 1; 0 when it befell the notification as a whole. */
  readonly attempt: number;
}

/** A run of 100,000 orders with a fault on each attempt of a third of them stays listable. */
const MAX_FAULT_RECORDS = 500_000;

/** Which faults an order gets, and which have happened. */
export class FaultPlan {
  readonly #byOutTradeNo = new Map<string, readonly Fault[]>();
  readonly #records: FaultRecord[] = [];
  #dropped = 0;
  #rates: FaultRates | undefined;

  get rates(): FaultRates | undefined {
    return this.#rates;
  }

  get records(): readonly FaultRecord[] {
    return this.#records;
  }

  /** Records not kept because the list is full. */
  get dropped(): number {
    return this.#dropped;
  }

  setRates(rates: FaultRates): void {
    this.#rates = rates;
  }

  /** False when no more orders' faults can be kept. */
  setForOrder(outTradeNo: string, faults: readonly Fault[]): boolean {
    if (this.#byOutTradeNo.size >= MAX_ORDERS) return false;
    this.#byOutTradeNo.set(outTradeNo, faults);
    return true;
  }

  /** Faults given at pay time win over those set ahead, which win over the draw by rate. */
  faultsFor(outTradeNo: string, givenAtPayment: readonly Fault[] | undefined): readonly Fault[] {
    const chosen = givenAtPayment ?? this.#byOutTradeNo.get(outTradeNo);
    if (chosen !== undefined) return chosen;
    const drawn = this.#rates === undefined ? undefined : drawFault(this.#rates, outTradeNo);
    return drawn === undefined ? [] : [drawn];
  }

  record(record: FaultRecord): void {
    if (this.#records.length >= MAX_FAULT_RECORDS) this.#dropped += 1;
    else this.#records.push(record);
  }

  clear(): void {
    this.#byOutTradeNo.clear();
    this.#records.length = 0;
    this.#dropped = 0;
    this.#rates = undefined;
  }
}
