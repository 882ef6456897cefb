import { type BillFaults, billFaultsSchema } from './bill-faults.ts';

/** Three months of bills of ten merchants. */
const MAX_DAYS = 1_000;
const NO_FAULTS: BillFaults = billFaultsSchema.parse({});
/** Stands for every day that has no faults of its own. */
const EVERY_DAY = 'every-day';

interface Entry {
  readonly mchid: string;
  readonly faults: BillFaults;
  wrongHashesLeft: number;
  cutsLeft: number;
}

/** Which faults the bills get, by merchant and day. */
export class BillFaultPlan {
  readonly #entries = new Map<string, Entry>();

  /** Replaces what was set for this day (or for every day). False when no more can be kept. */
  set(mchid: string, faults: BillFaults): boolean {
    const key = keyOf(mchid, faults.billDate);
    if (!this.#entries.has(key) && this.#entries.size >= MAX_DAYS) return false;
    const entry = { mchid, faults, wrongHashesLeft: faults.wrongHash ?? 0, cutsLeft: faults.cutShort ?? 0 };
    this.#entries.set(key, entry);
    return true;
  }

  faultsOf(mchid: string, billDate: string): BillFaults {
    return this.#entryOf(mchid, billDate)?.faults ?? NO_FAULTS;
  }

  /** Whether this application is answered with a wrong hash; counts it. */
  takeWrongHash(mchid: string, billDate: string): boolean {
    const entry = this.#entryOf(mchid, billDate);
    if (entry === undefined || entry.wrongHashesLeft === 0) return false;
    entry.wrongHashesLeft -= 1;
    return true;
  }

  /** Whether this download is cut short; counts it. */
  takeCut(mchid: string, billDate: string): boolean {
    const entry = this.#entryOf(mchid, billDate);
    if (entry === undefined || entry.cutsLeft === 0) return false;
    entry.cutsLeft -= 1;
    return true;
  }

  all(): ReadonlyArray<{ readonly mchid: string; readonly faults: BillFaults }> {
    return [...this.#entries.values()];
  }

  clear(): void {
    this.#entries.clear();
  }

  #entryOf(mchid: string, billDate: string): Entry | undefined {
    return this.#entries.get(keyOf(mchid, billDate)) ?? this.#entries.get(keyOf(mchid, undefined));
  }
}

function keyOf(mchid: string, billDate: string | undefined): string {
  return `${mchid}:${billDate ?? EVERY_DAY}`;
}
