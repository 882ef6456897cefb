/** A failed entry point is left alone for so long (ms of this machine); then the first one is tried again. */
const AVOID_MS = 60_000;

/** The hosts that WeChat Pay is reached by, in order of preference. */
export type EntryPoints = {
  /** Where to send the next request. */
  current(): string;
  /** No answer from there, or a 5xx: the next one is the better choice for a while. Answers that one. */
  failed(origin: string): string;
};

/** `now` is monotonic, in ms. */
export function createEntryPoints(
  origins: readonly string[],
  now: () => number = () => performance.now(),
): EntryPoints {
  const [first] = origins;
  if (first === undefined) throw new Error('WeChat Pay needs an entry point; give at least one URL.');
  let preferred = first;
  let until = Number.NEGATIVE_INFINITY;
  return {
    current: () => (now() < until ? preferred : first),
    failed(origin) {
      const next = origins[(origins.indexOf(origin) + 1) % origins.length] ?? first;
      preferred = next;
      until = now() + AVOID_MS;
      return next;
    },
  };
}
