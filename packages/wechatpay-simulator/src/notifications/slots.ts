/** Lets at most `limit` pieces of work run at once; the others wait in line. The line is bounded by the orders. */
export class Slots {
  #limit: number;
  #taken = 0;
  readonly #waiting: Array<() => void> = [];
  #firstWaiting = 0;

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

  async run<T>(work: () => Promise<T>): Promise<T> {
    await this.#take();
    try {
      return await work();
    } finally {
      this.#taken -= 1;
      this.#admit();
    }
  }

  #take(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    this.#admit();
    return promise;
  }

  #admit(): void {
    while (this.#taken < this.#limit) {
      const next = this.#waiting[this.#firstWaiting];
      if (next === undefined) break;
      this.#firstWaiting += 1;
      this.#taken += 1;
      next();
    }
    // Shifting an array of a hundred thousand costs a copy each time; emptying it once it is used up costs nothing.
    if (this.#firstWaiting === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#firstWaiting = 0;
    }
  }
}
