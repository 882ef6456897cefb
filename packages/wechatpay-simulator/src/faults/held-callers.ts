import type { ServerResponse } from 'node:http';

/** A caller without a time-out of its own would wait for ever; ten minutes are longer than any sane one. */
export const MAX_HOLD_MS = 10 * 60_000;
/** Each is an open socket; the operating system's default allows 1,024 files. */
const MAX_HELD = 800;

/** Callers kept waiting on purpose, in real time, because a socket's time-out is real whatever the simulator's clock does. */
export class HeldCallers {
  readonly #releases = new Set<() => void>();
  #isStopped = false;

  /** Resolves after `ms`, or sooner when the caller has gone, the simulator stops, or too many are held already. */
  hold(response: ServerResponse, ms: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#isStopped || this.#releases.size >= MAX_HELD || response.destroyed) {
      resolve();
      return promise;
    }
    const release = (): void => {
      this.#releases.delete(release);
      clearTimeout(timeout);
      response.off('close', release);
      resolve();
    };
    const timeout = setTimeout(release, ms);
    response.on('close', release);
    this.#releases.add(release);
    return promise;
  }

  releaseAll(): void {
    for (const release of [...this.#releases]) release();
  }

  /** Lets all go and holds nobody any more: a call read while the server stops would keep it from stopping. */
  stop(): void {
    this.#isStopped = true;
    this.releaseAll();
  }
}
