/** What a followed clock showed. */
export interface ClockReading {
  /** ms UTC. */
  readonly nowMs: number;
  /** Milliseconds that pass there in one of ours; 0 while it stands still. */
  readonly speed: number;
}

/** How late a reading may come. What lies further back than that explains is another time. */
const MAX_JITTER_MS = 1_000;

/**
 * The time by readings that come late by changing amounts. `at` is our monotonic time in ms. What `now` has shown it
 * does not take back: after a late reading it stands still until that clock has caught up.
 */
export class FollowedTime {
  #reading: ClockReading = { nowMs: 0, speed: 0 };
  #takenAt = 0;
  #shownMs = Number.NEGATIVE_INFINITY;
  #topSpeed = 0;

  /** Takes a new reading. One further back than lateness explains (the clock was started anew) holds as it is. */
  take(reading: ClockReading, at: number): void {
    this.#topSpeed = Math.max(this.#topSpeed, reading.speed);
    const isAnotherTime = this.#shownMs - reading.nowMs > MAX_JITTER_MS * this.#topSpeed;
    if (isAnotherTime) this.#shownMs = reading.nowMs;
    this.#reading = reading;
    this.#takenAt = at;
  }

  /** Whole ms UTC. */
  now(at: number): number {
    const { nowMs, speed } = this.#reading;
    this.#shownMs = Math.max(this.#shownMs, Math.floor(nowMs + (at - this.#takenAt) * speed));
    return this.#shownMs;
  }
}
