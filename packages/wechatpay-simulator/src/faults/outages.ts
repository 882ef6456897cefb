/** Nobody plans more by hand; each is looked at for every call and attempt. */
const MAX_OUTAGES = 1_000;

export const OUTAGE_AIMS = ['api', 'callbacks', 'both'] as const;
/** What a caller of the API meets. Callbacks are simply not sent. */
export const OUTAGE_MANNERS = ['refuse', 'hang', 'unavailable'] as const;

export interface OutageWish {
  /** ms UTC on the simulator's clock; the first moment of the outage. */
  readonly fromMs: number;
  /** ms UTC; the first moment after it. */
  readonly untilMs: number;
  readonly what: (typeof OUTAGE_AIMS)[number];
  readonly how: (typeof OUTAGE_MANNERS)[number];
}

export interface Outage extends OutageWish {
  readonly id: string;
}

/** When WeChat Pay is away, by the simulator's clock. */
export class Outages {
  #outages: readonly Outage[] = [];
  #lastNumber = 0;
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  list(): readonly Outage[] {
    return this.#outages;
  }

  /** Undefined when there are as many as can be kept. */
  add(wish: OutageWish): Outage | undefined {
    if (this.#outages.length >= MAX_OUTAGES) return undefined;
    this.#lastNumber += 1;
    const outage: Outage = { id: `outage-${this.#lastNumber}`, ...wish };
    this.#outages = [...this.#outages, outage];
    this.#onChange();
    return outage;
  }

  /** Puts back those that `list` gave before a restart. */
  restore(outages: readonly Outage[]): void {
    this.#outages = outages;
    this.#lastNumber = Math.max(0, ...outages.map(({ id }) => Number(id.replace('outage-', ''))));
  }

  /** False when there is none of this id. */
  remove(id: string): boolean {
    const count = this.#outages.length;
    this.#outages = this.#outages.filter((outage) => outage.id !== id);
    this.#onChange();
    return this.#outages.length < count;
  }

  /** The outage that the API, or the sending of callbacks, suffers at this time; the first added of several. */
  at(nowMs: number, what: 'api' | 'callbacks'): Outage | undefined {
    return this.#outages.find(
      (outage) => (outage.what === 'both' || outage.what === what) && outage.fromMs <= nowMs && nowMs < outage.untilMs,
    );
  }

  clear(): void {
    this.#outages = [];
    this.#lastNumber = 0;
  }
}
