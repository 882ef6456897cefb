/** What a run has done so far, by name. */
export type Counts = {
  add(name: string, count?: number): void;
  all(): Record<string, number>;
};

export function createCounts(): Counts {
  const byName = new Map<string, number>();
  return {
    add(name, count = 1) {
      if (count !== 0) byName.set(name, (byName.get(name) ?? 0) + count);
    },
    all: () => Object.fromEntries([...byName].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}
