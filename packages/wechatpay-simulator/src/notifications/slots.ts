/** Lets at most `limit` pieces of work run at once; the others wait in line, not even begun. The orders bound the line. */
export class Slots {
  #limit: number;
  #taken = 0;
  #waiting: Array<() => Promise<void>> = [];
  #firstWaiting = 0;
  #afterLine: Array<{ readonly rank: number; readonly next: () => void }> = [];
  #drained: PromiseWithResolvers<void> | undefined;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get limit(): number {
    return this.#limit;
  }

  setLimit(limit: number): void {
    this.#limit = limit;
    this.#admit();
  }

  /**
   * Takes `work`, which must not reject, into the line. Resolves when nothing is in line or under way any more: one
   * promise for all that wait, since a hundred thousand of them would cost more than what they wait for.
   */
  enqueue(work: () => Promise<void>): Promise<void> {
    this.#waiting.push(work);
    this.#drained ??= Promise.withResolvers<void>();
    const { promise } = this.#drained;
    this.#admit();
    return promise;
  }

  /**
   * Calls `next` once nothing is in line or under way, the lowest rank first: what it starts then comes after all that was
   * before it, in an order that does not hang on who was answered first.
   */
  afterLine(rank: number, next: () => void): void {
    this.#afterLine.push({ rank, next });
  }

  #admit(): void {
    while (this.#taken < this.#limit) {
      const work = this.#waiting[this.#firstWaiting];
      if (work === undefined) break;
      this.#firstWaiting += 1;
      this.#taken += 1;
      // A rejection stays unhandled on purpose: work that throws is a defect and must be loud.
      void work().finally(() => this.#leave());
    }
    // Shifting an array of a hundred thousand costs a copy each time; dropping it once it is used up costs nothing.
    if (this.#firstWaiting === this.#waiting.length) {
      this.#waiting = [];
      this.#firstWaiting = 0;
    }
  }

  #leave(): void {
    this.#taken -= 1;
    this.#admit();
    if (this.#taken > 0) return;
    const nexts = this.#afterLine.sort((a, b) => a.rank - b.rank);
    this.#afterLine = [];
    for (const { next } of nexts) next();
    this.#drained?.resolve();
    this.#drained = undefined;
  }
}
