/** setTimeout fires at once for longer delays, so a far timer is waited for in several parts. */
const LONGEST_SYSTEM_TIMER_MS = 2 ** 31 - 1;

/** The one timer of the operating system behind all timers of a clock. */
export class SystemTimer {
  #timeout: NodeJS.Timeout | undefined;

  /** Calls `wake` once, after `waitMs` real milliseconds or sooner: who is woken looks whether anything is due. */
  arm(waitMs: number, wake: () => void): void {
    this.disarm();
    this.#timeout = setTimeout(wake, Math.min(Math.max(Math.ceil(waitMs), 0), LONGEST_SYSTEM_TIMER_MS));
  }

  disarm(): void {
    clearTimeout(this.#timeout);
  }
}
