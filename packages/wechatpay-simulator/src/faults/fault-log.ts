import type { FaultRecord, FaultTarget } from './fault-record.ts';

/** A run of 100,000 orders with a fault on each attempt of a third of them stays listable. */
const MAX_FAULT_RECORDS = 500_000;

/** Which records are asked for; a field left out allows all. */
export interface FaultFilter {
  readonly target?: FaultTarget | undefined;
  readonly mchid?: string | undefined;
  readonly outTradeNo?: string | undefined;
  readonly outRefundNo?: string | undefined;
  readonly fault?: string | undefined;
}

export interface FaultPage {
  readonly records: readonly FaultRecord[];
  /** Where to go on, or undefined at the end. */
  readonly next: number | undefined;
}

/** Every fault that has happened, in order. */
export class FaultLog {
  readonly #records: FaultRecord[] = [];
  #dropped = 0;

  /** All of them, in order. */
  all(): readonly FaultRecord[] {
    return this.#records;
  }

  /** Records not kept because the list is full. */
  get dropped(): number {
    return this.#dropped;
  }

  /** False when it is not kept. */
  add(record: FaultRecord): boolean {
    if (this.#records.length >= MAX_FAULT_RECORDS) {
      this.#dropped += 1;
      return false;
    }
    this.#records.push(record);
    return true;
  }

  /** Up to `limit` of those that fit the filter, from position `after` on. */
  page(filter: FaultFilter, after: number, limit: number): FaultPage {
    const records: FaultRecord[] = [];
    for (let position = after; position < this.#records.length; position += 1) {
      const record = this.#records[position];
      if (record === undefined || !fits(record, filter)) continue;
      if (records.length === limit) return { records, next: position };
      records.push(record);
    }
    return { records, next: undefined };
  }

  clear(): void {
    this.#records.length = 0;
    this.#dropped = 0;
  }
}

const FILTERED = ['target', 'mchid', 'outTradeNo', 'outRefundNo', 'fault'] as const;

function fits(record: FaultRecord, filter: FaultFilter): boolean {
  return FILTERED.every((field) => filter[field] === undefined || filter[field] === record[field]);
}
