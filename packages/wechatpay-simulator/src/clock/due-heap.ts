/** One entry of the heap: something that falls due at `dueMs`; `sequence` decides among equal times, the lower first. */
export interface Due {
  readonly dueMs: number;
  readonly sequence: number;
}

/**
 * A binary heap ordered by due time. One heap and one system timer stand in for a timer per order,
 * so that a hundred thousand pending retries cost memory only.
 */
export class DueHeap<T extends Due> {
  readonly #items: T[] = [];

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    let child = this.#items.push(item) - 1;
    while (child > 0) {
      const parent = (child - 1) >> 1;
      if (!this.#isBefore(child, parent)) return;
      this.#swap(child, parent);
      child = parent;
    }
  }

  pop(): T | undefined {
    const first = this.#items[0];
    const last = this.#items.pop();
    if (first === undefined || last === undefined || first === last) return first;
    this.#items[0] = last;
    this.#sinkFirst();
    return first;
  }

  clear(): void {
    this.#items.length = 0;
  }

  #sinkFirst(): void {
    let parent = 0;
    for (;;) {
      const left = 2 * parent + 1;
      const right = left + 1;
      let smallest = parent;
      if (this.#isBefore(left, smallest)) smallest = left;
      if (this.#isBefore(right, smallest)) smallest = right;
      if (smallest === parent) return;
      this.#swap(smallest, parent);
      parent = smallest;
    }
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#items[a];
    const right = this.#items[b];
    if (left === undefined || right === undefined) return false;
    return left.dueMs < right.dueMs || (left.dueMs === right.dueMs && left.sequence < right.sequence);
  }

  #swap(a: number, b: number): void {
    const left = this.#items[a];
    const right = this.#items[b];
    if (left === undefined || right === undefined) return;
    this.#items[a] = right;
    this.#items[b] = left;
  }
}
