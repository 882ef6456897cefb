/** What waits for something else of the same merchant to go ahead of it. Bounded by the orders. */
export class HeldBack<T> {
  readonly #byMchid = new Map<string, Set<T>>();

  hold(mchid: string, item: T): void {
    const held = this.#byMchid.get(mchid);
    if (held === undefined) this.#byMchid.set(mchid, new Set([item]));
    else held.add(item);
  }

  /** False when it was not held. */
  release(mchid: string, item: T): boolean {
    return this.#byMchid.get(mchid)?.delete(item) ?? false;
  }

  /** All of a merchant's, in the order in which they came. */
  releaseAll(mchid: string): readonly T[] {
    const held = this.#byMchid.get(mchid);
    if (held === undefined || held.size === 0) return [];
    this.#byMchid.delete(mchid);
    return [...held];
  }

  clear(): void {
    this.#byMchid.clear();
  }
}
