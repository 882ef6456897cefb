/** Works on all items, at most `limit` at once. The first failure ends it. */
export async function runBounded<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const workers = Array.from({ length: limit }, async () => {
    for (const item of rest) await work(item);
  });
  await Promise.all(workers);
}
