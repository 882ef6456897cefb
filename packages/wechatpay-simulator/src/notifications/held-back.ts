/**
 * What waits for something else of the same merchant to go ahead of it. Whoever begins first claims it, and lets it follow
 * once answered: decided by the order of beginnings, which a run repeats, and not by that of answers. Bounded by the orders.
 */
export class HeldBack<T> {
  readonly #claimants = new Map<string, Map<T, T | undefined>>();

  hold(mchid: string, item: T): void {
    const held = this.#claimants.get(mchid) ?? new Map<T, T | undefined>();
    this.#claimants.set(mchid, held.set(item, undefined));
  }

  /** False when it was not held. */
  release(mchid: string, item: T): boolean {
    return this.#claimants.get(mchid)?.delete(item) ?? false;
  }

  /** `claimant` goes ahead of all that is held and that nobody has claimed. */
  claim(mchid: string, claimant: T): void {
    for (const [item, known] of this.#claimants.get(mchid) ?? []) {
      if (known === undefined) this.#claimants.get(mchid)?.set(item, claimant);
    }
  }

  /** It did not get through: somebody else may claim what it had claimed. */
  unclaim(mchid: string, claimant: T): void {
    for (const item of this.#claimedBy(mchid, claimant)) this.#claimants.get(mchid)?.set(item, undefined);
  }

  /** All that `claimant` claimed, in the order in which they came. */
  releaseClaimed(mchid: string, claimant: T): readonly T[] {
    const claimed = this.#claimedBy(mchid, claimant);
    for (const item of claimed) this.#claimants.get(mchid)?.delete(item);
    return claimed;
  }

  clear(): void {
    this.#claimants.clear();
  }

  #claimedBy(mchid: string, claimant: T): readonly T[] {
    const held = this.#claimants.get(mchid);
    if (held === undefined || held.size === 0) return [];
    return [...held].filter(([, known]) => known === claimant).map(([item]) => item);
  }
}
