/** Seeded randomness: the same seed, the same run. */
export type Random = {
  /** From `low` to `high`. */
  between(low: number, high: number): number;
  shuffle<T>(items: readonly T[]): T[];
  /** `count` of the items, each at most once. */
  sample<T>(items: readonly T[], count: number): T[];
};

/** mulberry32: 32 bits of state are plenty to choose moments and orders. */
export function createRandom(seed: number): Random {
  let state = seed >>> 0;
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }
  function shuffle<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: next() }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
  return {
    between: (low, high) => low + next() * (high - low),
    shuffle,
    sample: (items, count) => shuffle(items).slice(0, count),
  };
}
