export type HalvingSteps<E, R> = {
  /** All or nothing; throws only for what does not pass by itself. */
  apply(events: readonly E[]): Promise<R>;
  /** What cannot be applied even alone. `attempts`: how often it was tried. */
  bury(event: E, err: unknown, attempts: number): Promise<void>;
  /** Told to stop, an error means no more that an event is poisoned. */
  stopping: AbortSignal;
};

/**
 * Applies the events of a round together; where that fails for good, in halves, until the poisoned event stands alone and
 * is buried. The others go through. Answers what was applied, in the order of the events.
 */
export async function applyHalving<E, R>(events: readonly E[], steps: HalvingSteps<E, R>, attempts = 1): Promise<R[]> {
  if (events.length === 0) return [];
  try {
    return [await steps.apply(events)];
  } catch (err) {
    if (steps.stopping.aborted) throw err;
    const [only, ...others] = events;
    if (only !== undefined && others.length === 0) {
      await steps.bury(only, err, attempts);
      return [];
    }
    const middle = Math.ceil(events.length / 2);
    return [
      ...(await applyHalving(events.slice(0, middle), steps, attempts + 1)),
      ...(await applyHalving(events.slice(middle), steps, attempts + 1)),
    ];
  }
}
