import type { ClockListener, ClockReading } from './clock.ts';

/** Those who want to know of a clock's changes. */
export class ClockChanges {
  readonly #listeners = new Set<ClockListener>();

  subscribe(listener: ClockListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Resolves when every listener has passed the reading on, so that nobody meets an event of a time he was not told. */
  async tell(reading: ClockReading): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener(reading)));
  }
}
