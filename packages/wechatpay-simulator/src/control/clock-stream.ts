import type { ServerResponse } from 'node:http';
import type { Clock, ClockReading } from '../clock/clock.ts';

/** More than the services and tests of one machine; each holds a socket, and a manual clock waits for all of them. */
export const MAX_CLOCK_LISTENERS = 64;
/** Real time. By the regular reading a listener knows that the connection lives, and corrects what it lost on the way. */
const REPEAT_MS = 5_000;
/** Real time. Who reads nothing for so long is cut off, so that it cannot hold up the clock; it may come again. */
const PASS_ON_TIMEOUT_MS = 1_000;

/**
 * A clock as server-sent events: its reading at once, at each change, and every 5 s. A change is in the listeners' hands
 * (in the kernel's, that is) before anything due at the new time runs.
 */
export class ClockStream {
  readonly #clock: Clock;
  readonly #listeners = new Set<ServerResponse>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get isFull(): boolean {
    return this.#listeners.size >= MAX_CLOCK_LISTENERS;
  }

  open(response: ServerResponse): void {
    const passOnReading = () => void passOn(response, this.#clock.reading());
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      connection: 'close',
    });
    this.#listeners.add(response);
    passOnReading();
    const unsubscribe = this.#clock.onChange((reading) => passOn(response, reading));
    const repeat = setInterval(passOnReading, REPEAT_MS);
    response.on('close', () => {
      clearInterval(repeat);
      unsubscribe();
      this.#listeners.delete(response);
    });
  }

  end(): void {
    for (const response of this.#listeners) {
      response.end();
      setTimeout(() => response.destroy(), PASS_ON_TIMEOUT_MS).unref();
    }
  }
}

/** Resolves when the kernel has the reading, or when the listener is gone. */
async function passOn(response: ServerResponse, reading: ClockReading): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const deadline = setTimeout(() => {
    response.destroy();
    resolve();
  }, PASS_ON_TIMEOUT_MS);
  response.write(`data: ${JSON.stringify(reading)}\n\n`, () => resolve());
  await promise;
  clearTimeout(deadline);
}
